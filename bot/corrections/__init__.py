"""What people say that Starling should have answered."""
