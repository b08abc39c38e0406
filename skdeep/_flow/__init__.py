"""Whether signal and gradient get through a network, and what would help: for who looks into one, and for reports."""
