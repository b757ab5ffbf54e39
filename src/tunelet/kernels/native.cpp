// What a compiler makes faster than a chain of tensor operations: everything between the matrix products of an encoder
// layer, in one pass over each row, and attention over packed texts. `_native.py` compiles and loads it; each function
// has its definition in PyTorch in the Python file that calls it.
//
// Rows are texts' tokens. Arithmetic is in float; E is the element type of the tensors, float or bfloat16. Optional
// pointers may be null. No function keeps state or changes a setting of the process.

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <algorithm>
#include <memory>
#ifdef __AVX512F__
#include <immintrin.h>
#endif

namespace {

struct bf16 {
    uint16_t bits;
};

inline float to_float(float x) { return x; }
inline float to_float(bf16 x) {
    uint32_t bits = uint32_t(x.bits) << 16;
    float value;
    memcpy(&value, &bits, 4);
    return value;
}
inline void put(float& to, float value) { to = value; }
inline void put(bf16& to, float value) {  // to nearest, ties to even
    uint32_t bits;
    memcpy(&bits, &value, 4);
    to.bits = uint16_t((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

constexpr float LOG2_E = 1.44269504f;

// e^x within 1e-7 |x|, for x in [-87, 88]; below that next to nothing. 2^f by a polynomial for |f| <= 1/2.
inline float exponential(float x) {
    x = std::min(std::max(x, -87.0f), 88.0f) * LOG2_E;
    float n = floorf(x + 0.5f);
    float f = x - n;
    float p = 0.00132647273f;
    p = p * f + 0.00967151299f;
    p = p * f + 0.0555073358f;
    p = p * f + 0.240222424f;
    p = p * f + 0.693147004f;
    p = p * f + 1.0f;
    int32_t bits = (int32_t(n) + 127) << 23;
    float scale;
    memcpy(&scale, &bits, 4);
    return p * scale;
}

// The value of GELU and its derivative: x * Phi(x) exactly (erf after Abramowitz & Stegun 7.1.26, 1.5e-7), or with tanh.
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

// A row as unsigned bytes around 128 with one scale: x = (byte - 128) * scale.
inline void quantise_row(const float* row, int n, uint8_t* bytes, float* scale) {
    // magnitudes are in the order of their bits, and NaN is above all of them: it reaches the scale
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

// One code for all rows: inlined, the first row of each thread may get another, which rounds otherwise.
template <class Body>
__attribute__((noinline)) void one_row(const Body& body, int64_t t, float* row) {
    body(t, row);
}

// body(t, row) for each row t, with room for `floats` floats that each thread has for itself.
template <class Body>
void for_rows(int64_t rows, int threads, int64_t floats, Body body) {
#pragma omp parallel num_threads(threads)
    {
        std::unique_ptr<float[]> row(new float[floats]);
#pragma omp for schedule(static)
        for (int64_t t = 0; t < rows; ++t) one_row(body, t, row.get());
    }
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
        float s = scale ? scale[t] : 1.0f, total = 0.0f, square = 0.0f;
        for (int j = 0; j < n; ++j) {
            row[j] = to_float(sum[j]) * s + bias[j] + to_float(add[j]);
            total += row[j];
        }
        float m = total / n;
        for (int j = 0; j < n; ++j) square += (row[j] - m) * (row[j] - m);
        float i = 1.0f / sqrtf(square / n + epsilon);
        for (int j = 0; j < n; ++j) {
            put(sum[j], row[j]);
            row[j] = (row[j] - m) * i * weight[j] + shift[j];
            put(out[t * n + j], row[j]);
        }
        mean[t] = m;
        inverse[t] = i;
        if (bytes) quantise_row(row, n, bytes + t * n, byte_scale + t);
    });
}

template <class E>
void norm_backward(E* gradient, const float* scale, const E* residual, const E* sum, const float* mean,
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
        for (int j = 0; j < n; ++j) {
            g[j] = (g[j] - total - x[j] * along) * i;
            put(out[j], g[j]);
        }
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

// ---- attention of all queries ---------------------------------------------------------------------------------------

// Products work on units of 32 bits, one float or two bfloat16 along the reduced dimension, of which the processor
// multiplies 16 at once and adds them up in float.

#ifdef __AVX512F__

template <class E>
struct Unit;
template <>
struct Unit<float> {
    static constexpr int elements = 1;
    static inline __m512 multiply(__m512 sum, uint32_t left, __m512i right) {
        return _mm512_fmadd_ps(_mm512_castsi512_ps(_mm512_set1_epi32(left)), _mm512_castsi512_ps(right), sum);
    }
};
#ifdef __AVX512BF16__
template <>
struct Unit<bf16> {
    static constexpr int elements = 2;
    static inline __m512 multiply(__m512 sum, uint32_t left, __m512i right) {
        return _mm512_dpbf16_ps(sum, (__m512bh)_mm512_set1_epi32(left), (__m512bh)right);
    }
};
#endif

constexpr int R = 8;  // rows of a tile

// 2^x within 2e-7 for x <= 0: a polynomial on [-1/2, 1/2], the rest in the exponent.
inline __m512 power_of_two(__m512 x) {
    __m512 n = _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    __m512 f = _mm512_sub_ps(x, n);
    __m512 p = _mm512_set1_ps(0.00132647273f);
    p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(0.00967151299f));
    p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(0.0555073358f));
    p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(0.240222424f));
    p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(0.693147004f));
    p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(1.0f));
    return _mm512_scalef_ps(p, n);
}

inline void store16(float* to, __m512 x) { _mm512_storeu_ps(to, x); }
#ifdef __AVX512BF16__
inline void store16(bf16* to, __m512 x) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), (__m256i)_mm512_cvtneps_pbh(x));
}
#endif


// c[r][16 v + lane] = sum over p of left[r * row + p * step] . right[p * width + 16 v + lane], in units.
template <class E, int V>
inline void tile(const uint32_t* left, const int64_t* row, int64_t step, const uint32_t* right, int64_t width,
                 int units, float* c, int64_t c_row) {
    __m512 sum[R][V];
    for (int r = 0; r < R; ++r)
        for (int v = 0; v < V; ++v) sum[r][v] = _mm512_setzero_ps();
    for (int p = 0; p < units; ++p) {
        __m512i b[V];
        for (int v = 0; v < V; ++v) b[v] = _mm512_loadu_si512(right + p * width + 16 * v);
        for (int r = 0; r < R; ++r) {
            uint32_t a = left[row[r] + p * step];
            for (int v = 0; v < V; ++v) sum[r][v] = Unit<E>::multiply(sum[r][v], a, b[v]);
        }
    }
    for (int r = 0; r < R; ++r)
        for (int v = 0; v < V; ++v) _mm512_storeu_ps(c + r * c_row + 16 * v, sum[r][v]);
}

// The same over `width` columns, a multiple of 16.
template <class E>
inline void product(const uint32_t* left, const int64_t* row, int64_t step, const uint32_t* right, int64_t width,
                    int columns, int units, float* c, int64_t c_row) {
    int j = 0;
    for (; j + 32 <= columns; j += 32) tile<E, 2>(left, row, step, right + j, width, units, c + j, c_row);
    if (j < columns) tile<E, 1>(left, row, step, right + j, width, units, c + j, c_row);
}

// [length, d] with a row stride -> units along d, transposed: [d / elements][padded]; zeros behind the end.
inline void transpose_units(const uint32_t* x, int64_t stride, int length, int units, int padded, uint32_t* out) {
    for (int j = 0; j < padded; ++j)
        for (int p = 0; p < units; ++p) out[p * padded + j] = j < length ? x[j * stride + p] : 0;
}

// [length, d] -> units along the rows: [ceil(length / elements)][d].
inline void row_units(const float* x, int64_t stride, int length, int d, uint32_t* out) {
    for (int j = 0; j < length; ++j) memcpy(out + int64_t(j) * d, x + j * stride, d * sizeof(float));
}
inline void row_units(const bf16* x, int64_t stride, int length, int d, uint32_t* out) {
    for (int j = 0; j < length; j += 2) {
        const bf16* a = x + j * stride;
        const bf16* b = a + stride;
        uint32_t* to = out + int64_t(j / 2) * d;
        if (j + 1 < length)
            for (int c = 0; c < d; ++c) to[c] = uint32_t(a[c].bits) | uint32_t(b[c].bits) << 16;
        else
            for (int c = 0; c < d; ++c) to[c] = a[c].bits;
    }
}

// Rows of floats as units that pair rows, in lines of 16 columns: out[(column / 16) * lines + row / elements][16].
inline void pair_rows(const float* c, int64_t c_row, int columns, int64_t lines, int first, uint32_t* out, float*) {
    for (int j = 0; j < columns; j += 16)
        for (int r = 0; r < R; ++r) memcpy(out + ((j / 16) * lines + first + r) * 16, c + r * c_row + j, 64);
}
#ifdef __AVX512BF16__
inline void pair_rows(const float* c, int64_t c_row, int columns, int64_t lines, int first, uint32_t* out, bf16*) {
    for (int r = 0; r < R; r += 2) {
        const float* a = c + r * c_row;
        const float* b = a + c_row;
        uint32_t* to = out + (first + r) / 2 * 16;
        for (int j = 0; j < columns; j += 16) {
            __m512i low = _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(_mm512_loadu_ps(a + j)));
            __m512i high = _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(_mm512_loadu_ps(b + j)));
            _mm512_storeu_si512(to + j / 16 * lines * 16, _mm512_or_si512(low, _mm512_slli_epi32(high, 16)));
        }
    }
}
#endif

template <class E>
inline void store_rows(const float* c, int64_t c_row, int rows, int n, const float* factor, E* out, int64_t stride) {
    for (int r = 0; r < rows; ++r) {
        const __m512 f = _mm512_set1_ps(factor ? factor[r] : 1.0f);
        for (int j = 0; j < n; j += 16)
            store16(out + r * stride + j, _mm512_mul_ps(_mm512_loadu_ps(c + r * c_row + j), f));
    }
}

struct Scratch {
    char* memory = nullptr;
    size_t size = 0, used = 0;
    ~Scratch() { free(memory); }
    void reserve(size_t bytes) {
        used = 0;
        if (bytes <= size) return;
        free(memory);
        memory = static_cast<char*>(aligned_alloc(64, (bytes + 4095) / 4096 * 4096));
        size = bytes;
    }
    template <class T>
    T* take(int64_t n) {
        T* at = reinterpret_cast<T*>(memory + used);
        used += (n * sizeof(T) + 63) / 64 * 64;
        return at;
    }
};

// Which of the 16 columns from j on lie before the end.
inline __mmask16 within(int j, int length) { return length - j >= 16 ? 0xffff : __mmask16((1u << (length - j)) - 1); }

inline int multiple_of(int n, int of) { return (n + of - 1) / of * of; }

// The R rows of a tile; behind the last row it is read again and never stored.
inline void row_offsets(int first, int length, int64_t stride, int64_t* row) {
    for (int r = 0; r < R; ++r) row[r] = int64_t(std::min(first + r, length - 1)) * stride;
}

template <class E>
void attend(const E* q, const E* k, const E* v, int64_t stride, E* out, int64_t out_stride, float* log_sum, int length,
            int d, float scale, Scratch& scratch) {
    constexpr int e = Unit<E>::elements;
    const int padded = multiple_of(length, 16), units = d / e, pairs = (length + e - 1) / e;
    scratch.reserve(size_t(padded) * d * 8 + size_t(R) * padded * 8 + R * d * 4 + 1024);
    uint32_t* keys = scratch.take<uint32_t>(int64_t(units) * padded);
    uint32_t* values = scratch.take<uint32_t>(int64_t(pairs) * d);
    float* scores = scratch.take<float>(R * padded);
    E* weights = scratch.take<E>(R * (padded + 1));
    float* sums = scratch.take<float>(R * d);
    const int64_t s32 = stride / e;
    transpose_units(reinterpret_cast<const uint32_t*>(k), s32, length, units, padded, keys);
    row_units(v, stride, length, d, values);
    int64_t row[R], weight_row[R];
    for (int r = 0; r < R; ++r) weight_row[r] = int64_t(r) * padded / e;
    for (int i = 0; i < length; i += R) {
        row_offsets(i, length, s32, row);
        product<E>(reinterpret_cast<const uint32_t*>(q), row, 1, keys, padded, padded, units, scores, padded);
        float factor[R];
        for (int r = 0; r < R; ++r) {
            const float* s = scores + r * padded;
            __m512 most = _mm512_set1_ps(-INFINITY), total = _mm512_setzero_ps();
            for (int j = 0; j < padded; j += 16)
                most = _mm512_mask_max_ps(most, within(j, length), most, _mm512_loadu_ps(s + j));
            const float peak = _mm512_reduce_max_ps(most);
            const __m512 slope = _mm512_set1_ps(scale * LOG2_E), shift = _mm512_set1_ps(-peak * scale * LOG2_E);
            for (int j = 0; j < padded; j += 16) {
                __m512 e = power_of_two(_mm512_fmadd_ps(_mm512_loadu_ps(s + j), slope, shift));
                e = _mm512_maskz_mov_ps(within(j, length), e);
                total = _mm512_add_ps(total, e);
                store16(weights + r * padded + j, e);
            }
            const float sum = _mm512_reduce_add_ps(total);
            factor[r] = 1.0f / sum;
            if (log_sum && i + r < length) log_sum[i + r] = peak * scale + logf(sum);
        }
        product<E>(reinterpret_cast<const uint32_t*>(weights), weight_row, 1, values, d, d, pairs, sums, d);
        store_rows(sums, d, std::min(R, length - i), d, factor, out + i * out_stride, out_stride);
    }
}

template <class E>
void attend_backward(const E* q, const E* k, const E* v, int64_t stride, const E* d_out, int64_t out_stride,
                     const float* log_sum, E* dq, E* dk, E* dv, int64_t d_stride, int length, int d, float scale,
                     Scratch& scratch) {
    constexpr int e = Unit<E>::elements;
    const int padded = multiple_of(length, 16), units = d / e, pairs = (length + e - 1) / e;
    const int64_t lines = multiple_of(length, R) / e;
    const int64_t square = int64_t(padded) * lines;
    scratch.reserve(size_t(padded) * d * 20 + size_t(square) * 8 + size_t(R) * padded * 16 + R * d * 4 + 4096);
    uint32_t* keys = scratch.take<uint32_t>(int64_t(units) * padded);
    uint32_t* values = scratch.take<uint32_t>(int64_t(units) * padded);
    uint32_t* key_rows = scratch.take<uint32_t>(int64_t(pairs) * d);
    uint32_t* query_rows = scratch.take<uint32_t>(int64_t(pairs) * d);
    uint32_t* gradient_rows = scratch.take<uint32_t>(int64_t(pairs) * d);
    uint32_t* weights = scratch.take<uint32_t>(square);
    uint32_t* d_scores = scratch.take<uint32_t>(square);
    float* p = scratch.take<float>(R * padded);
    float* dp = scratch.take<float>(R * padded);
    E* ds = scratch.take<E>(R * (padded + 1));
    float* sums = scratch.take<float>(R * d);
    const int64_t s32 = stride / e, o32 = out_stride / e;
    transpose_units(reinterpret_cast<const uint32_t*>(k), s32, length, units, padded, keys);
    transpose_units(reinterpret_cast<const uint32_t*>(v), s32, length, units, padded, values);
    if (dq) row_units(k, stride, length, d, key_rows);
    row_units(d_out, out_stride, length, d, gradient_rows);
    if (dk) row_units(q, stride, length, d, query_rows);
    int64_t row[R], column[R];
    for (int i = 0; i < length; i += R) {
        const int rows = std::min(R, length - i);
        row_offsets(i, length, s32, row);
        product<E>(reinterpret_cast<const uint32_t*>(q), row, 1, keys, padded, padded, units, p, padded);
        row_offsets(i, length, o32, row);
        product<E>(reinterpret_cast<const uint32_t*>(d_out), row, 1, values, padded, padded, units, dp, padded);
        for (int r = 0; r < R; ++r) {
            float* pr = p + r * padded;
            float* dr = dp + r * padded;
            if (r >= rows) {
                memset(pr, 0, padded * sizeof(float));
                memset(dr, 0, padded * sizeof(float));
                memset(ds + r * padded, 0, padded * sizeof(E));
                continue;
            }
            const __m512 slope = _mm512_set1_ps(scale * LOG2_E), shift = _mm512_set1_ps(-log_sum[i + r] * LOG2_E);
            __m512 sum = _mm512_setzero_ps();
            for (int j = 0; j < padded; j += 16) {
                __m512 e = power_of_two(_mm512_fmadd_ps(_mm512_loadu_ps(pr + j), slope, shift));
                e = _mm512_maskz_mov_ps(within(j, length), e);
                sum = _mm512_fmadd_ps(e, _mm512_loadu_ps(dr + j), sum);
                _mm512_storeu_ps(pr + j, e);
            }
            const __m512 along = _mm512_set1_ps(_mm512_reduce_add_ps(sum)), factor = _mm512_set1_ps(scale);
            for (int j = 0; j < padded; j += 16) {
                __m512 difference = _mm512_sub_ps(_mm512_loadu_ps(dr + j), along);
                __m512 d = _mm512_mul_ps(_mm512_mul_ps(_mm512_loadu_ps(pr + j), difference), factor);
                _mm512_storeu_ps(dr + j, d);
                if (dq) store16(ds + r * padded + j, d);
            }
        }
        pair_rows(p, padded, padded, lines, i, weights, static_cast<E*>(nullptr));
        if (dk) pair_rows(dp, padded, padded, lines, i, d_scores, static_cast<E*>(nullptr));
        if (!dq) continue;
        for (int r = 0; r < R; ++r) row[r] = int64_t(r) * padded / e;
        product<E>(reinterpret_cast<const uint32_t*>(ds), row, 1, key_rows, d, d, pairs, sums, d);
        store_rows(sums, d, rows, d, nullptr, dq + i * d_stride, d_stride);
    }
    for (int r = 0; r < R; ++r) column[r] = r;
    for (int j = 0; j < length; j += R) {
        const int rows = std::min(R, length - j);
        const int64_t at = (j / 16) * lines * 16 + j % 16;
        product<E>(weights + at, column, 16, gradient_rows, d, d, pairs, sums, d);
        store_rows(sums, d, rows, d, nullptr, dv + j * d_stride, d_stride);
        if (!dk) continue;
        product<E>(d_scores + at, column, 16, query_rows, d, d, pairs, sums, d);
        store_rows(sums, d, rows, d, nullptr, dk + j * d_stride, d_stride);
    }
}

#endif  // __AVX512F__

// ---- attention of each text's first query to hidden states ----------------------------------------------------------

template <class E>
void attend_first(const float* carried, const E* x, float* seen, float* weights, int length, int n) {
    float most = -INFINITY, total = 0.0f;
    for (int j = 0; j < length; ++j) {
        const E* row = x + int64_t(j) * n;
        float s = 0.0f;
        for (int c = 0; c < n; ++c) s += carried[c] * to_float(row[c]);
        weights[j] = s;
        most = std::max(most, s);
    }
    for (int j = 0; j < length; ++j) {
        weights[j] = exponential(weights[j] - most);
        total += weights[j];
    }
    std::fill(seen, seen + n, 0.0f);
    for (int j = 0; j < length; ++j) {
        const E* row = x + int64_t(j) * n;
        float weight = weights[j] /= total;
        for (int c = 0; c < n; ++c) seen[c] += weight * to_float(row[c]);
    }
}

// The gradient of a carried query; those of its scores are left for `first_to_hidden`.
template <class E>
void attend_first_backward(const E* x, const float* d_seen, const float* weights, float* d_scores, float* d_carried,
                           int length, int n) {
    float along = 0.0f;
    for (int j = 0; j < length; ++j) {
        const E* row = x + int64_t(j) * n;
        float s = 0.0f;
        for (int c = 0; c < n; ++c) s += d_seen[c] * to_float(row[c]);
        d_scores[j] = s;
        along += s * weights[j];
    }
    std::fill(d_carried, d_carried + n, 0.0f);
    for (int j = 0; j < length; ++j) {
        const E* row = x + int64_t(j) * n;
        float s = d_scores[j] = weights[j] * (d_scores[j] - along);
        for (int c = 0; c < n; ++c) d_carried[c] += s * to_float(row[c]);
    }
}

// The gradient of the hidden states, from all heads of the text that a token is of.
template <class E>
void first_to_hidden(const float* carried, const float* d_seen, const float* weights, const float* d_scores, E* dx,
                     const int64_t* offsets, int texts, int heads, int n, int threads) {
    for_rows(offsets[texts], threads, n, [=](int64_t t, float* row) {
        int64_t text = std::upper_bound(offsets, offsets + texts + 1, t) - offsets - 1;
        int64_t begin = offsets[text], length = offsets[text + 1] - begin;
        std::fill(row, row + n, 0.0f);
        for (int head = 0; head < heads; ++head) {
            int64_t at = begin * heads + head * length + t - begin, of = (text * heads + head) * n;
            float s = d_scores[at], w = weights[at];
            for (int c = 0; c < n; ++c) row[c] += s * carried[of + c] + w * d_seen[of + c];
        }
        for (int c = 0; c < n; ++c) put(dx[t * n + c], row[c]);
    });
}

}  // namespace

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
    void norm_backward_##S(E* gradient, const float* scale, const E* residual, const E* sum, const float* mean,       \
                           const float* inverse, const float* weight, uint8_t* bytes, float* byte_scale,              \
                           int64_t rows, int n, int threads) {                                                        \
        norm_backward(gradient, scale, residual, sum, mean, inverse, weight, bytes, byte_scale, rows, n, threads);    \
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
    void attend_first_##S(const float* carried, const E* x, float* seen, float* weights, const int64_t* offsets,      \
                          int texts, int heads, int n, int threads) {                                                 \
        _Pragma("omp parallel for schedule(dynamic) num_threads(threads)") for (int64_t task = 0;                     \
                                                                                task < int64_t(texts) * heads;        \
                                                                                ++task) {                             \
            int64_t text = task / heads, head = task % heads, begin = offsets[text];                                  \
            int length = int(offsets[text + 1] - begin);                                                              \
            attend_first(carried + task * n, x + begin * n, seen + task * n,                                          \
                         weights + begin * heads + head * length, length, n);                                         \
        }                                                                                                             \
    }                                                                                                                 \
    void attend_first_backward_##S(const float* carried, const E* x, const float* d_seen, const float* weights,       \
                                   float* d_scores, float* d_carried, E* dx, const int64_t* offsets, int texts,       \
                                   int heads, int n, int threads) {                                                   \
        _Pragma("omp parallel for schedule(dynamic) num_threads(threads)") for (int64_t task = 0;                     \
                                                                                task < int64_t(texts) * heads;        \
                                                                                ++task) {                             \
            int64_t text = task / heads, head = task % heads, begin = offsets[text];                                  \
            int length = int(offsets[text + 1] - begin);                                                              \
            int64_t at = begin * heads + head * length;                                                               \
            attend_first_backward(x + begin * n, d_seen + task * n, weights + at, d_scores + at,                      \
                                  d_carried + task * n, length, n);                                                   \
        }                                                                                                             \
        if (dx) first_to_hidden(carried, d_seen, weights, d_scores, dx, offsets, texts, heads, n, threads);           \
    }

#define ATTENTION(E, S)                                                                                               \
    void attend_##S(const E* q, const E* k, const E* v, int64_t stride, E* out, int64_t out_stride, float* log_sum,   \
                    const int64_t* offsets, const int32_t* order, int texts, int64_t rows, int heads, int d,          \
                    float scale, int threads) {                                                                       \
        _Pragma("omp parallel num_threads(threads)") {                                                                \
            Scratch scratch;                                                                                          \
            _Pragma("omp for schedule(dynamic)") for (int64_t task = 0; task < int64_t(texts) * heads; ++task) {      \
                int64_t text = order[task / heads], head = task % heads, begin = offsets[text];                       \
                int length = int(offsets[text + 1] - begin);                                                          \
                int64_t at = begin * stride + head * d;                                                               \
                attend(q + at, k + at, v + at, stride, out + begin * out_stride + head * d, out_stride,               \
                       log_sum ? log_sum + head * rows + begin : nullptr, length, d, scale, scratch);                 \
            }                                                                                                         \
        }                                                                                                             \
    }                                                                                                                 \
    void attend_backward_##S(const E* q, const E* k, const E* v, int64_t stride, const E* d_out, int64_t out_stride,  \
                             const float* log_sum, E* dq, E* dk, E* dv, int64_t d_stride, const int64_t* offsets,     \
                             const int32_t* order, int texts, int64_t rows, int heads, int d, float scale,            \
                             int threads) {                                                                           \
        _Pragma("omp parallel num_threads(threads)") {                                                                \
            Scratch scratch;                                                                                          \
            _Pragma("omp for schedule(dynamic)") for (int64_t task = 0; task < int64_t(texts) * heads; ++task) {      \
                int64_t text = order[task / heads], head = task % heads, begin = offsets[text];                       \
                int length = int(offsets[text + 1] - begin);                                                          \
                int64_t at = begin * stride + head * d, to = begin * d_stride + head * d;                             \
                attend_backward(q + at, k + at, v + at, stride, d_out + begin * out_stride + head * d, out_stride,    \
                                log_sum + head * rows + begin, dq ? dq + to : nullptr, dk ? dk + to : nullptr,        \
                                dv + to, d_stride, length, d, scale, scratch);                                        \
            }                                                                                                         \
        }                                                                                                             \
    }

POINTWISE(float, float32)
POINTWISE(bf16, bfloat16)

#ifdef __AVX512F__
ATTENTION(float, float32)
#ifdef __AVX512BF16__
ATTENTION(bf16, bfloat16)
#endif
#endif
}
