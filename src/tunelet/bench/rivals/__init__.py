"""What tunelet is measured against: Trainer with PEFT, transformers' pipeline, ONNX Runtime, each at its best."""
