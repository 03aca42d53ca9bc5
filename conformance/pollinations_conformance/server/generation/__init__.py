"""What the models produce: completions, made-up text and JSON, images, video and audio."""
