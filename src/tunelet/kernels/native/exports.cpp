// The functions that Python calls: what an encoder layer computes between its matrix products, in one pass over each
// row, and attention over packed texts. Both are faster here than as chains of tensor operations. `_native.py` compiles
// and loads this file; each function is defined in PyTorch by the reference in the Python file that calls it.
//
// A row is a token. E is the dtype of the tensors, float or bfloat16, and S its name; sums are in float. Optional
// pointers may be null. No function keeps state or changes a setting of the process. Text number i has the rows from
// cu_seqlens[i] to cu_seqlens[i + 1]; `longest_first` lists the texts by falling length. `_signatures.py` declares the
// arguments to Python.

#include "attention_backward.h"
#include "bytes.h"
#include "few.h"
#include "first_token.h"
#include "rows.h"

extern "C" {

#define POINTWISE(E, S)                                                                                               \
    void quantise_##S(const E* x, int64_t stride, uint8_t* bytes, float* scale, int64_t rows, int n, int threads) {   \
        quantise(x, stride, bytes, scale, rows, n, threads);                                                          \
    }                                                                                                                 \
    void finish_##S(E* y, int64_t stride, const float* scale, const float* bias, const E* residual, const float* u,   \
                    int64_t u_stride, const float* b, int rank, int64_t rows, int n, int threads) {                   \
        finish(y, stride, scale, bias, residual, u, u_stride, b, rank, rows, n, threads);                             \
    }                                                                                                                 \
    void add_norm_##S(E* y, const float* scale, const float* bias, const E* residual, const float* weight,            \
                      const float* shift, float epsilon, E* out, float* mean, float* inverse, uint8_t* bytes,         \
                      float* byte_scale, int64_t rows, int n, int threads) {                                          \
        add_norm(y, scale, bias, residual, weight, shift, epsilon, out, mean, inverse, bytes, byte_scale, rows, n,    \
                 threads);                                                                                            \
    }                                                                                                                 \
    void norm_backward_##S(E* gradient, const float* scale, const E* residual, const E* skip, const E* sum,           \
                           const float* mean, const float* inverse, const float* weight, uint8_t* bytes,              \
                           float* byte_scale, int64_t rows, int n, int threads) {                                     \
        norm_backward(gradient, scale, residual, skip, sum, mean, inverse, weight, bytes, byte_scale, rows, n,        \
                      threads);                                                                                       \
    }                                                                                                                 \
    void activate_##S(const E* y, const float* scale, const float* bias, E* out, uint8_t* bytes, float* byte_scale,   \
                      int64_t rows, int n, int tanh, int threads) {                                                   \
        (tanh ? activate<E, gelu_tanh> : activate<E, gelu_erf>)(y, scale, bias, out, bytes, byte_scale, rows, n,      \
                                                                threads);                                             \
    }                                                                                                                 \
    void activate_backward_##S(E* gradient, const float* gradient_scale, const E* y, const float* scale,              \
                               const float* bias, uint8_t* bytes, float* byte_scale, int64_t rows, int n, int tanh,   \
                               int threads) {                                                                         \
        (tanh ? activate_backward<E, gelu_tanh> : activate_backward<E, gelu_erf>)(                                    \
            gradient, gradient_scale, y, scale, bias, bytes, byte_scale, rows, n, threads);                           \
    }                                                                                                                 \
    void activate_gated_##S(const E* y, const float* scale, const float* bias, E* out, uint8_t* bytes,                \
                            float* byte_scale, int64_t rows, int n, int tanh, int threads) {                          \
        (tanh ? activate_gated<E, gelu_tanh> : activate_gated<E, gelu_erf>)(y, scale, bias, out, bytes, byte_scale,   \
                                                                            rows, n, threads);                        \
    }                                                                                                                 \
    void activate_gated_backward_##S(const E* gradient, const float* gradient_scale, const E* y, const float* scale,  \
                                     const float* bias, E* dy, uint8_t* bytes, float* byte_scale, int64_t rows,       \
                                     int n, int tanh, int threads) {                                                  \
        (tanh ? activate_gated_backward<E, gelu_tanh> : activate_gated_backward<E, gelu_erf>)(                        \
            gradient, gradient_scale, y, scale, bias, dy, bytes, byte_scale, rows, n, threads);                       \
    }                                                                                                                 \
    void rotate_##S(E* x, int64_t stride, const float* turns, const int64_t* cu_seqlens, int texts, int heads, int d, \
                    int inverse, int threads) {                                                                       \
        rotate(x, stride, turns, cu_seqlens, texts, heads, d, inverse, threads);                                      \
    }                                                                                                                 \
    void attend_first_##S(const float* carried, const E* x, float* seen, float* weights, const int64_t* cu_seqlens,   \
                          int texts, int heads, int n, int threads) {                                                 \
        attend_first_of_texts(carried, x, seen, weights, cu_seqlens, texts, heads, n, threads);                       \
    }                                                                                                                 \
    void attend_first_backward_##S(const float* carried, const E* x, const float* d_seen, const float* weights,       \
                                   float* d_scores, float* d_carried, E* dx, const int64_t* cu_seqlens, int texts,    \
                                   int heads, int n, int threads) {                                                   \
        attend_first_of_texts_backward(carried, x, d_seen, weights, d_scores, d_carried, dx, cu_seqlens, texts,       \
                                       heads, n, threads);                                                            \
    }

#define ATTENTION(E, S)                                                                                               \
    void attend_##S(const E* q, const E* k, const E* v, int64_t stride, E* out, int64_t out_stride, float* log_sum,   \
                    const int64_t* cu_seqlens, const int32_t* longest_first, int texts, int64_t rows, int heads,      \
                    int d, float scale, int window, int threads) {                                                    \
        attend_texts(q, k, v, stride, out, out_stride, log_sum, cu_seqlens, longest_first, texts, rows, heads, d,     \
                     scale, window, threads);                                                                         \
    }                                                                                                                 \
    void attend_backward_##S(const E* q, const E* k, const E* v, int64_t stride, const E* d_out, int64_t out_stride,  \
                             const float* log_sum, E* dq, E* dk, E* dv, int64_t d_stride, const int64_t* cu_seqlens,  \
                             const int32_t* longest_first, int texts, int64_t rows, int heads, int d, float scale,    \
                             int window, int threads) {                                                               \
        attend_texts_backward(q, k, v, stride, d_out, out_stride, log_sum, dq, dk, dv, d_stride, cu_seqlens,          \
                              longest_first, texts, rows, heads, d, scale, window, threads);                          \
    }

#define BYTES(E, S)                                                                                                   \
    void multiply_bytes_##S(const uint8_t* x, const uint8_t* w, const float* sums, const float* scale, E* out,        \
                            int64_t rows, int inputs, int n, int threads) {                                           \
        multiply_bytes(x, w, sums, scale, out, rows, inputs, n, threads);                                             \
    }

// `layers` points to `depth` FewLayer.
#define FEW(E, S)                                                                                                     \
    void encode_few_##S(E* x, E* memory, uint8_t* bytes, float* scale, const int64_t* layers, const float* epsilons,  \
                        int depth, const int64_t* cu_seqlens, int texts, int n, int inner, int heads, float slope,    \
                        int tanh, int threads) {                                                                      \
        (tanh ? encode_few<gelu_tanh> : encode_few<gelu_erf>)(                                                        \
            x, memory, bytes, scale, reinterpret_cast<const FewLayer*>(layers), epsilons, depth, cu_seqlens, texts,   \
            n, inner, heads, slope, threads);                                                                         \
    }

POINTWISE(float, float32)
POINTWISE(bf16, bfloat16)

ATTENTION(float, float32)
FEW(float, float32)
#ifdef BFLOAT16_PRODUCTS
ATTENTION(bf16, bfloat16)
#endif

// Bits of the weights that `multiply_bytes` reads; 0 where there is no such function.
#ifdef BYTE_PRODUCTS
BYTES(float, float32)
BYTES(bf16, bfloat16)
int byte_weight_bits() { return WEIGHT_BITS; }
#else
int byte_weight_bits() { return 0; }
#endif
}
