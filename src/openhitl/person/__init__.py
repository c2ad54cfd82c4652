"""What a person at a terminal needs: what waits for them, drawn as text, and their answers."""
