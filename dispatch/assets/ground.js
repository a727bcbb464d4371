// The calm map beneath: streets from the network itself, their names, no tile server.
const map = L.map("map", { renderer: L.canvas({ padding: 0.3 }), zoomControl: false, zoomSnap: 0.5, wheelPxPerZoomLevel: 90 });
L.control.zoom({ position: "topright" }).addTo(map);
L.control.scale({ imperial: false, maxWidth: 120 }).addTo(map);
map.attributionControl.setPrefix("").addAttribution("© OpenStreetMap contributors");
map.createPane("ground").style.zIndex = 250;
map.getPane("ground").style.pointerEvents = "none";

const GROUND = [
  { width: 5, color: "#f7ddb0", edge: "#e2c28c", from: 0 },
  { width: 3.8, color: "#ffffff", edge: "#cfd4d4", from: 0 },
  { width: 2.6, color: "#ffffff", edge: "#d5dada", from: 11.5 },
  { width: 1.6, color: "#ffffff", edge: "#dde1e1", from: 13 },
];
const groundCanvas = L.canvas({ pane: "ground", padding: 0.3 });
const grounds = plan.streets.map((lines, rank) => {
  const shapes = lines.map(unpack);
  const line = (color) => L.polyline(shapes, { renderer: groundCanvas, color, interactive: false, smoothFactor: 1.2, lineCap: "butt" });
  return { ...GROUND[rank], shapes, casing: line(GROUND[rank].edge), fill: line(GROUND[rank].color) };
});
const groundLayer = L.layerGroup().addTo(map);
let groundZoom = null;
const drawGround = () => {
  const zoom = map.getZoom();
  if (zoom === groundZoom) return;
  groundZoom = zoom;
  const scale = Math.min(3, Math.max(0.42, 2 ** ((zoom - 14) / 2)));
  const shown = grounds.filter((g) => zoom >= g.from).reverse();
  groundLayer.clearLayers();
  // All edges first, then all fills from thin to wide, so that crossings are open.
  for (const g of shown) groundLayer.addLayer(g.casing.setStyle({ weight: g.width * scale + 1.3 }));
  for (const g of shown) groundLayer.addLayer(g.fill.setStyle({ weight: g.width * scale }));
};

// ---- names of streets -------------------------------------------------------------------------
const labelLayer = L.layerGroup().addTo(map);
const labelMarkup = (name, angle) => {
  // Upright scripts run down a steep street; others are turned along it.
  const steep = Math.abs(angle) > 50 && /[\u3400-\u9fff]/.test(name);
  const turn = steep ? angle - Math.sign(angle) * 90 : angle;
  return `<span class="${steep ? "steep" : ""}" style="transform:translate(-50%,-50%) rotate(${turn}deg)">${escape(name)}</span>`;
};
const drawLabels = () => {
  labelLayer.clearLayers();
  const zoom = map.getZoom(), bounds = map.getBounds(), taken = [];
  const most = Math.max(0, 12 * (zoom - 10));
  for (const [name, lon, lat, rank, angle] of plan.labels) {
    if (taken.length >= most) break;
    if ((rank > 1 && zoom < 14) || !bounds.contains([lat, lon])) continue;
    const at = map.latLngToContainerPoint([lat, lon]);
    const near = (p) => Math.hypot(p.x - at.x, p.y - at.y) < (p.name === name ? 420 : 78);
    if (taken.some(near)) continue;
    taken.push({ x: at.x, y: at.y, name });
    labelLayer.addLayer(marker([lat, lon], "street-name", 0, labelMarkup(name, angle), { interactive: false, pane: "tilePane" }));
  }
};
map.getPane("tilePane").style.zIndex = 260;
map.on("zoomend", drawGround);
map.on("moveend", drawLabels);
