"""What samples look like: pictures, text, rows, series, sound; and the code that fetches them."""
