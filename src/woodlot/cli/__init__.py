"""What a person types: thin commands over a desk and a sandbox."""
