"""Which trucks a city needs: mixes of types searched with routed days as judge."""
