"""Messages at LINE: broadcasts from the console, pushes through MAAC's Open API, and contacts who open them."""
