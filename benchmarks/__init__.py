"""What things cost. Each module has a `main()` that prints a table; none of them asserts a time."""
