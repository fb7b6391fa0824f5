"""What Starling is taught by people."""
