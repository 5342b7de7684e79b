"""What a person watches: five panels over one desk, drawn as text."""
