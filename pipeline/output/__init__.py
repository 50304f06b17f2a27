"""Records and everything written from them."""
