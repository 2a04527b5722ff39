"""Neural Lagrangian Schrödinger bridges (Koshizuka and Sato, 2023)."""
