"""Loaded once, before any worker: the libraries that all arms use, and nothing of tunelet's, which sets oneDNN up."""

import gc

import peft
import pydantic
import torch
import transformers.pipelines
import transformers.trainer

__all__ = ["peft", "pydantic", "torch", "transformers"]

gc.collect()
gc.freeze()  # the workers' collections need not look at the libraries, nor copy their pages to do so
