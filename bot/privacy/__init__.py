"""What is kept on people, for how long, and how it is forgotten."""
