"""One module per stretch of the corridor; the modules never import one another."""
