"""How waste varies, what overflows because of it, and what a reserve costs."""
