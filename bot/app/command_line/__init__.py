"""What ``starling`` does when it is called, a file for each family of commands."""
