"""What a command asks for comes in; its result goes out, with everything recorded."""
