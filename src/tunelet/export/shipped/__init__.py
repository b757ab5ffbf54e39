"""Files that go into an ONNX export as they are, for whoever runs it without tunelet. They import nothing of it."""
