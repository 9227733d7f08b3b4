"""What must hold of a release before it is published. Nothing here reads or writes a file but the code sets."""
