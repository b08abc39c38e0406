"""Fitted networks as ONNX models: converters for skl2onnx, so that onnxruntime predicts without scikit-learn."""

from ._register import register

__all__ = ["register"]
