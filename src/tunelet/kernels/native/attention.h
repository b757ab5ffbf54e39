// Attention of all queries of packed texts, forward and backward, on tiles that stay in the cache.
//
// Products read units of 32 bits: one float, or two bfloat16 that are neighbours along the summed dimension. The
// processor multiplies as many units at once as its registers hold, and sums in float.

#pragma once

#include <math.h>
#include <stdlib.h>
#include <algorithm>

#include "lanes.h"

namespace {

constexpr int R = LANES == 8 ? 4 : 8;  // rows of a tile: its sums fill half of the registers, 16 with AVX2 and 32 else
constexpr int LINE = 16;               // columns of the weights that lie together for the sums over queries

// One tile of a product, counted in units: for r < R, v < V and lane < LANES,
// c[r][LANES v + lane] = sum over p of left[row[r] + p * step] . right[p * width + LANES v + lane].
template <class E, int V>
inline void tile(const uint32_t* left, const int64_t* row, int64_t step, const uint32_t* right, int64_t width,
                 int units, float* c, int64_t c_row) {
    Floats sum[R][V] = {};
    for (int p = 0; p < units; ++p) {
        Units b[V];
        for (int v = 0; v < V; ++v) b[v] = load_once(right + p * width + LANES * v);
        for (int r = 0; r < R; ++r) {
            uint32_t a = left[row[r] + p * step];
            for (int v = 0; v < V; ++v) sum[r][v] = Unit<E>::multiply(sum[r][v], a, b[v]);
        }
    }
    for (int r = 0; r < R; ++r)
        for (int v = 0; v < V; ++v) store(c + r * c_row + LANES * v, sum[r][v]);
}

// The same for `columns` columns, a multiple of LANES, tile by tile.
template <class E>
inline void product(const uint32_t* left, const int64_t* row, int64_t step, const uint32_t* right, int64_t width,
                    int columns, int units, float* c, int64_t c_row) {
    int j = 0;
    for (; j + 2 * LANES <= columns; j += 2 * LANES) tile<E, 2>(left, row, step, right + j, width, units, c + j, c_row);
    if (j < columns) tile<E, 1>(left, row, step, right + j, width, units, c + j, c_row);
}

// Transposes x [length, d], in units along d, to out [d / elements][padded]; columns from `length` on are zero.
inline void transpose_units(const uint32_t* x, int64_t stride, int length, int units, int padded, uint32_t* out) {
    for (int j = 0; j < padded; ++j)
        for (int p = 0; p < units; ++p) out[p * padded + j] = j < length ? x[j * stride + p] : 0;
}

// Rearranges x [length, d] into units that hold neighbouring rows: out [ceil(length / elements)][d].
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

// Writes R rows of floats, from row `first` on, as units that hold neighbouring rows, LINE columns to a line:
// out[(column / LINE) * lines + row / elements][LINE]. The last argument only selects the type.
inline void pair_rows(const float* c, int64_t c_row, int columns, int64_t lines, int first, uint32_t* out, float*) {
    for (int j = 0; j < columns; j += LINE)
        for (int r = 0; r < R; ++r)
            memcpy(out + ((j / LINE) * lines + first + r) * LINE, c + r * c_row + j, LINE * sizeof(float));
}
inline void pair_rows(const float* c, int64_t c_row, int columns, int64_t lines, int first, uint32_t* out, bf16*) {
    for (int r = 0; r < R; r += 2)
        for (int j = 0; j < columns; j += LANES) {
            const float* a = c + r * c_row + j;
            uint32_t* to = out + ((j / LINE) * lines + (first + r) / 2) * LINE + j % LINE;
            store(to, rounded(load(a)) | rounded(load(a + c_row)) << 16);
        }
}

// Stores `rows` rows of n floats, each multiplied by its factor if there are factors.
template <class E>
inline void store_rows(const float* c, int64_t c_row, int rows, int n, const float* factor, E* out, int64_t stride) {
    for (int r = 0; r < rows; ++r) {
        const float f = factor ? factor[r] : 1.0f;
        for (int j = 0; j < n; j += LANES) store(out + r * stride + j, load(c + r * c_row + j) * f);
    }
}

// Memory of one thread, kept between texts and enlarged when a longer one comes.
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

// n rounded up to a multiple of `of`.
inline int multiple_of(int n, int of) { return (n + of - 1) / of * of; }

// Where the R rows of a tile begin. Beyond the last row the tile repeats it; those results are never stored.
inline void row_offsets(int first, int length, int64_t stride, int64_t* row) {
    for (int r = 0; r < R; ++r) row[r] = int64_t(std::min(first + r, length - 1)) * stride;
}

// For one head of one text: out = softmax(scale * q k^T) v, R queries at a time, and where `log_sum` is given, the
// logarithm of the sum of each query's exponentiated scores.
template <class E>
void attend(const E* q, const E* k, const E* v, int64_t stride, E* out, int64_t out_stride, float* log_sum, int length,
            int d, float scale, Scratch& scratch) {
    constexpr int e = Unit<E>::elements;
    const int padded = multiple_of(length, LINE), units = d / e, pairs = (length + e - 1) / e;
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
            Floats most = all(-INFINITY), total = all(0.0f);
            for (int j = 0; j < padded; j += LANES) most = within(j, length) ? larger(load(s + j), most) : most;
            const float peak = largest(most), slope = scale * LOG2_E;
            for (int j = 0; j < padded; j += LANES) {
                Floats e = power_of_two(load(s + j) * slope - peak * slope);
                e = within(j, length) ? e : all(0.0f);
                total += e;
                store(weights + r * padded + j, e);
            }
            const float whole = sum(total);
            factor[r] = 1.0f / whole;
            if (log_sum && i + r < length) log_sum[i + r] = peak * scale + logf(whole);
        }
        product<E>(reinterpret_cast<const uint32_t*>(weights), weight_row, 1, values, d, d, pairs, sums, d);
        store_rows(sums, d, std::min(R, length - i), d, factor, out + i * out_stride, out_stride);
    }
}

// For one head of one text: the gradients of q, k and v from that of `out`. The weights are computed again from the
// log-sums, R queries at a time. dq is complete for these queries at once; dk and dv sum over all queries, so the
// weights and the gradients of the scores are kept for them. Where dq or dk is null, that gradient is not computed.
template <class E>
void attend_backward(const E* q, const E* k, const E* v, int64_t stride, const E* d_out, int64_t out_stride,
                     const float* log_sum, E* dq, E* dk, E* dv, int64_t d_stride, int length, int d, float scale,
                     Scratch& scratch) {
    constexpr int e = Unit<E>::elements;
    const int padded = multiple_of(length, LINE), units = d / e, pairs = (length + e - 1) / e;
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
            const float slope = scale * LOG2_E, shift = log_sum[i + r] * LOG2_E;
            Floats total = all(0.0f);
            for (int j = 0; j < padded; j += LANES) {
                Floats e = power_of_two(load(pr + j) * slope - shift);
                e = within(j, length) ? e : all(0.0f);
                total += e * load(dr + j);
                store(pr + j, e);
            }
            const float along = sum(total);
            for (int j = 0; j < padded; j += LANES) {
                Floats d = load(pr + j) * (load(dr + j) - along) * scale;
                store(dr + j, d);
                if (dq) store(ds + r * padded + j, d);
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
        const int64_t at = (j / LINE) * lines * LINE + j % LINE;
        product<E>(weights + at, column, LINE, gradient_rows, d, d, pairs, sums, d);
        store_rows(sums, d, rows, d, nullptr, dv + j * d_stride, d_stride);
        if (!dk) continue;
        product<E>(d_scores + at, column, LINE, query_rows, d, d, pairs, sums, d);
        store_rows(sums, d, rows, d, nullptr, dk + j * d_stride, d_stride);
    }
}

// For all heads of all texts of `rows` tokens, the longest texts first.
template <class E>
void attend_texts(const E* q, const E* k, const E* v, int64_t stride, E* out, int64_t out_stride, float* log_sum,
                  const int64_t* cu_seqlens, const int32_t* longest_first, int texts, int64_t rows, int heads, int d,
                  float scale, int threads) {
#pragma omp parallel num_threads(threads)
    {
        Scratch scratch;
#pragma omp for schedule(dynamic)
        for (int64_t task = 0; task < int64_t(texts) * heads; ++task) {
            int64_t text = longest_first[task / heads], head = task % heads, begin = cu_seqlens[text];
            int length = int(cu_seqlens[text + 1] - begin);
            int64_t at = begin * stride + head * d;
            attend(q + at, k + at, v + at, stride, out + begin * out_stride + head * d, out_stride,
                   log_sum ? log_sum + head * rows + begin : nullptr, length, d, scale, scratch);
        }
    }
}

template <class E>
void attend_texts_backward(const E* q, const E* k, const E* v, int64_t stride, const E* d_out, int64_t out_stride,
                           const float* log_sum, E* dq, E* dk, E* dv, int64_t d_stride, const int64_t* cu_seqlens,
                           const int32_t* longest_first, int texts, int64_t rows, int heads, int d, float scale,
                           int threads) {
#pragma omp parallel num_threads(threads)
    {
        Scratch scratch;
#pragma omp for schedule(dynamic)
        for (int64_t task = 0; task < int64_t(texts) * heads; ++task) {
            int64_t text = longest_first[task / heads], head = task % heads, begin = cu_seqlens[text];
            int length = int(cu_seqlens[text + 1] - begin);
            int64_t at = begin * stride + head * d, to = begin * d_stride + head * d;
            attend_backward(q + at, k + at, v + at, stride, d_out + begin * out_stride + head * d, out_stride,
                            log_sum + head * rows + begin, dq ? dq + to : nullptr, dk ? dk + to : nullptr, dv + to,
                            d_stride, length, d, scale, scratch);
        }
    }
}

}  // namespace
