// What an encoder layer computes between its matrix products, forward and backward, in one pass over each row: scales,
// biases, residuals, layer normalisation, GELU, quantisation and the low-rank update.

#pragma once

#include <stdlib.h>
#include <algorithm>
#include <memory>

#include "dtypes.h"

namespace {

// The value of GELU and its derivative: either x * Phi(x), with erf by Abramowitz & Stegun 7.1.26 (error 1.5e-7), or
// the approximation with tanh.
struct Gelu {
    float value, slope;
};
inline Gelu gelu_erf(float x) {
    float e = exponential(-0.5f * x * x);
    float t = 1.0f / (1.0f + 0.3275911f * 0.70710678f * fabsf(x));
    float p = ((((1.061405429f * t - 1.453152027f) * t + 1.421413741f) * t - 0.284496736f) * t + 0.254829592f) * t;
    float tail = 0.5f * p * e;
    float cdf = x >= 0.0f ? 1.0f - tail : tail;
    return {x * cdf, cdf + x * 0.39894228f * e};
}
inline Gelu gelu_tanh(float x) {
    float u = 1.59576912f * (x + 0.044715f * x * x * x);
    float s = 1.0f / (1.0f + exponential(-u));
    return {x * s, s + x * s * (1.0f - s) * 1.59576912f * (1.0f + 3.0f * 0.044715f * x * x)};
}

// Writes a row of n floats as unsigned bytes with one scale: x = (byte - 128) * scale.
inline void quantise_row(const float* row, int n, uint8_t* bytes, float* scale) {
    // Without their sign bit, floats are in the order of their bits as integers. NaN comes last: it reaches the scale.
    int32_t bits, highest = 0;
#pragma omp simd reduction(max : highest) private(bits)
    for (int j = 0; j < n; ++j) {
        memcpy(&bits, row + j, 4);
        bits &= 0x7fffffff;
        highest = bits > highest ? bits : highest;
    }
    float most;
    memcpy(&most, &highest, 4);
    float factor = most > 0.0f ? 127.0f / most : 0.0f;
    for (int j = 0; j < n; ++j) bytes[j] = uint8_t(int32_t(row[j] * factor + 128.5f));
    *scale = most / 127.0f;
}

// Not inlined, so that all rows run the same machine code. If it were, the compiler could make a separate copy of the
// body for a thread's first row, and this copy might round differently: results would depend on the number of threads.
template <class Body>
__attribute__((noinline)) void one_row(const Body& body, int64_t t, float* row) {
    body(t, row);
}

// Calls body(t, row) for each row t. `row` points to `floats` floats of scratch memory, one block for each thread.
template <class Body>
void for_rows(int64_t rows, int threads, int64_t floats, Body body) {
#pragma omp parallel num_threads(threads)
    {
        std::unique_ptr<float[]> row(new float[floats]);
#pragma omp for schedule(static)
        for (int64_t t = 0; t < rows; ++t) one_row(body, t, row.get());
    }
}

// Mean and inverse deviation of a row.
struct Moments {
    float mean, inverse;
};
inline Moments moments(const float* row, int n, float epsilon) {
    float total = 0.0f, square = 0.0f;
    for (int j = 0; j < n; ++j) total += row[j];
    const float m = total / n;
    for (int j = 0; j < n; ++j) square += (row[j] - m) * (row[j] - m);
    return {m, 1.0f / sqrtf(square / n + epsilon)};
}

// The number of the text that token t belongs to.
inline int64_t text_of(const int64_t* cu_seqlens, int texts, int64_t t) {
    return std::upper_bound(cu_seqlens, cu_seqlens + texts + 1, t) - cu_seqlens - 1;
}

template <class E>
void quantise(const E* x, int64_t stride, uint8_t* bytes, float* scale, int64_t rows, int n, int threads) {
    for_rows(rows, threads, n, [=](int64_t t, float* row) {
        for (int j = 0; j < n; ++j) row[j] = to_float(x[t * stride + j]);
        quantise_row(row, n, bytes + t * n, scale + t);
    });
}

template <class E>
void finish(E* y, int64_t stride, const float* scale, const float* bias, const E* residual, const float* u,
            int64_t u_stride, const float* b, int rank, int64_t rows, int n, int threads) {
    for_rows(rows, threads, n, [=](int64_t t, float* row) {
        E* out = y + t * stride;
        float s = scale ? scale[t] : 1.0f;
        for (int j = 0; j < n; ++j) row[j] = to_float(out[j]) * s;
        if (bias)
            for (int j = 0; j < n; ++j) row[j] += bias[j];
        if (residual)
            for (int j = 0; j < n; ++j) row[j] += to_float(residual[t * n + j]);
        for (int r = 0; r < rank; ++r) {
            float factor = u[t * u_stride + r];
            for (int j = 0; j < n; ++j) row[j] += factor * b[int64_t(r) * n + j];
        }
        for (int j = 0; j < n; ++j) put(out[j], row[j]);
    });
}

template <class E>
void add_norm(E* y, const float* scale, const float* bias, const E* residual, const float* weight, const float* shift,
              float epsilon, E* out, float* mean, float* inverse, uint8_t* bytes, float* byte_scale, int64_t rows,
              int n, int threads) {
    for_rows(rows, threads, n, [=](int64_t t, float* row) {
        E* sum = y + t * n;
        const E* add = residual + t * n;
        float s = scale ? scale[t] : 1.0f;
        for (int j = 0; j < n; ++j) row[j] = to_float(sum[j]) * s + bias[j] + to_float(add[j]);
        const Moments of = moments(row, n, epsilon);
        for (int j = 0; j < n; ++j) {
            put(sum[j], row[j]);
            row[j] = (row[j] - of.mean) * of.inverse * weight[j] + shift[j];
            put(out[t * n + j], row[j]);
        }
        mean[t] = of.mean;
        inverse[t] = of.inverse;
        if (bytes) quantise_row(row, n, bytes + t * n, byte_scale + t);
    });
}

template <class E>
void norm_backward(E* gradient, const float* scale, const E* residual, const E* skip, const E* sum, const float* mean,
                   const float* inverse, const float* weight, uint8_t* bytes, float* byte_scale, int64_t rows, int n,
                   int threads) {
    for_rows(rows, threads, 2 * n, [=](int64_t t, float* row) {
        float* g = row;
        float* x = row + n;
        E* out = gradient + t * n;
        float s = scale ? scale[t] : 1.0f, m = mean[t], i = inverse[t], along = 0.0f, total = 0.0f;
        for (int j = 0; j < n; ++j) g[j] = to_float(out[j]) * s;
        if (residual)
            for (int j = 0; j < n; ++j) g[j] += to_float(residual[t * n + j]);
        for (int j = 0; j < n; ++j) {
            x[j] = (to_float(sum[t * n + j]) - m) * i;
            g[j] *= weight[j];
            along += g[j] * x[j];
            total += g[j];
        }
        along /= n;
        total /= n;
        for (int j = 0; j < n; ++j) g[j] = (g[j] - total - x[j] * along) * i;
        if (skip)
            for (int j = 0; j < n; ++j) g[j] += to_float(skip[t * n + j]);
        for (int j = 0; j < n; ++j) put(out[j], g[j]);
        if (bytes) quantise_row(g, n, bytes + t * n, byte_scale + t);
    });
}

template <class E, Gelu (*gelu)(float)>
void activate(const E* y, const float* scale, const float* bias, E* out, uint8_t* bytes, float* byte_scale,
              int64_t rows, int n, int threads) {
    for_rows(rows, threads, n, [=](int64_t t, float* row) {
        const E* in = y + t * n;
        float s = scale ? scale[t] : 1.0f;
        for (int j = 0; j < n; ++j) row[j] = gelu(to_float(in[j]) * s + bias[j]).value;
        if (out)
            for (int j = 0; j < n; ++j) put(out[t * n + j], row[j]);
        if (bytes) quantise_row(row, n, bytes + t * n, byte_scale + t);
    });
}

template <class E, Gelu (*gelu)(float)>
void activate_backward(E* gradient, const float* gradient_scale, const E* y, const float* scale, const float* bias,
                       uint8_t* bytes, float* byte_scale, int64_t rows, int n, int threads) {
    for_rows(rows, threads, n, [=](int64_t t, float* row) {
        E* g = gradient + t * n;
        const E* in = y + t * n;
        float s = scale ? scale[t] : 1.0f, gs = gradient_scale ? gradient_scale[t] : 1.0f;
        for (int j = 0; j < n; ++j) row[j] = to_float(g[j]) * gs * gelu(to_float(in[j]) * s + bias[j]).slope;
        for (int j = 0; j < n; ++j) put(g[j], row[j]);
        if (bytes) quantise_row(row, n, bytes + t * n, byte_scale + t);
    });
}

// Rows of y hold 2n numbers, arguments of GELU and then as many gates.
template <class E, Gelu (*gelu)(float)>
void activate_gated(const E* y, const float* scale, const float* bias, E* out, uint8_t* bytes, float* byte_scale,
                    int64_t rows, int n, int threads) {
    for_rows(rows, threads, n, [=](int64_t t, float* row) {
        const E* in = y + t * 2 * n;
        const E* gate = in + n;
        float s = scale ? scale[t] : 1.0f;
        for (int j = 0; j < n; ++j)
            row[j] = gelu(to_float(in[j]) * s + bias[j]).value * (to_float(gate[j]) * s + bias[n + j]);
        if (out)
            for (int j = 0; j < n; ++j) put(out[t * n + j], row[j]);
        if (bytes) quantise_row(row, n, bytes + t * n, byte_scale + t);
    });
}

template <class E, Gelu (*gelu)(float)>
void activate_gated_backward(const E* gradient, const float* gradient_scale, const E* y, const float* scale,
                             const float* bias, E* dy, uint8_t* bytes, float* byte_scale, int64_t rows, int n,
                             int threads) {
    for_rows(rows, threads, 2 * n, [=](int64_t t, float* row) {
        const E* g = gradient + t * n;
        const E* in = y + t * 2 * n;
        const E* gate = in + n;
        float s = scale ? scale[t] : 1.0f, gs = gradient_scale ? gradient_scale[t] : 1.0f;
        for (int j = 0; j < n; ++j) {
            const Gelu active = gelu(to_float(in[j]) * s + bias[j]);
            const float incoming = to_float(g[j]) * gs;
            row[j] = incoming * active.slope * (to_float(gate[j]) * s + bias[n + j]);
            row[n + j] = incoming * active.value;
        }
        for (int j = 0; j < 2 * n; ++j) put(dy[t * 2 * n + j], row[j]);
        if (bytes) quantise_row(row, 2 * n, bytes + t * 2 * n, byte_scale + t);
    });
}

// Turns the pairs (j, j + d / 2) of every head of d numbers by angles that depend on the token's position in its text:
// `turns` has d / 2 cosines and then d / 2 sines of each position. `inverse` turns them back.
template <class E>
void rotate(E* x, int64_t stride, const float* turns, const int64_t* cu_seqlens, int texts, int heads, int d,
            int inverse, int threads) {
    const int half = d / 2;
    for_rows(cu_seqlens[texts], threads, 1, [=](int64_t t, float*) {
        const int64_t text = text_of(cu_seqlens, texts, t);
        const float* cosines = turns + (t - cu_seqlens[text]) * d;
        const float* sines = cosines + half;
        const float sign = inverse ? -1.0f : 1.0f;
        for (int head = 0; head < heads; ++head) {
            E* low = x + t * stride + head * d;
            E* high = low + half;
            for (int j = 0; j < half; ++j) {
                const float a = to_float(low[j]), b = to_float(high[j]), c = cosines[j], s = sign * sines[j];
                put(low[j], a * c - b * s);
                put(high[j], b * c + a * s);
            }
        }
    });
}

}  // namespace
