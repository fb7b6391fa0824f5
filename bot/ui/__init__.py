"""What every screen uses: replies, buttons, forms, progress, permissions."""
