"""What an install would do: `quick` looks at what the command names, `full` asks the resolver."""
