"""How much a point's waste varies, what overflows because of it, and what more safety costs."""
