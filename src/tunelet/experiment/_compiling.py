"""The kernels are compiled, where that is needed, while libraries are imported and the model is loaded."""

import threading


def compile_kernels() -> None:
    """Start it in a thread of its own."""

    def compile_them() -> None:
        from tunelet.kernels import native

        native()

    threading.Thread(target=compile_them, daemon=True).start()
