"""What the commands do and print, one module for each group of them."""
