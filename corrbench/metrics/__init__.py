"""Metrics: arrays in, numbers out; they know no files, no protocol and no model."""
