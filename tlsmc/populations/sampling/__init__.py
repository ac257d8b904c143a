"""How defects are drawn: the random streams, and proposals that draw more of what matters."""
