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

constexpr int R = LANES == 8 ? 4 : 8;      // rows of a tile: its sums fill half of the registers, 16 with AVX2, 32 else
constexpr int TILES = LANES == 8 ? 4 : 1;  // that read the same columns one after another, while those are in the cache
constexpr int ROWS = R * TILES;
constexpr int LINE = 16;  // columns that lie together in a panel

// What is on the right of a product lies in panels of LINE columns: element (p, j) of a matrix of n rows is at
// (j / LINE) * n * LINE + p * LINE + j % LINE, so that a tile reads memory in order.

// One tile of a product, counted in units: for r < R, v < V and lane < LANES,
// c[r][LANES v + lane] = sum over p of left[row[r] + p * step] . right(p, j + LANES v + lane).
template <class E, int V>
inline void tile(const uint32_t* left, const int64_t* row, int64_t step, const uint32_t* right, int j, int units,
                 float* c, int64_t c_row) {
    const uint32_t* at[V];
    for (int v = 0; v < V; ++v) {
        const int column = j + LANES * v;
        at[v] = right + int64_t(column / LINE) * units * LINE + column % LINE;
    }
    Floats sum[R][V] = {};
    for (int p = 0; p < units; ++p) {
        Units b[V];
        for (int v = 0; v < V; ++v) b[v] = load_once(at[v] + p * LINE);
        for (int r = 0; r < R; ++r) {
            uint32_t a = left[row[r] + p * step];
            for (int v = 0; v < V; ++v) sum[r][v] = Unit<E>::multiply(sum[r][v], a, b[v]);
        }
    }
    for (int r = 0; r < R; ++r)
        for (int v = 0; v < V; ++v) store(c + r * c_row + LANES * v, sum[r][v]);
}

// The same for `rows` rows, rounded up to a multiple of R, and `columns` columns, a multiple of LINE.
template <class E>
inline void product(const uint32_t* left, const int64_t* row, int64_t step, const uint32_t* right, int rows,
                    int columns, int units, float* c, int64_t c_row) {
    int j = 0;
    for (; j + 2 * LANES <= columns; j += 2 * LANES)
        for (int r = 0; r < rows; r += R)
            tile<E, 2>(left, row + r, step, right, j, units, c + r * c_row + j, c_row);
    if (j < columns)
        for (int r = 0; r < rows; r += R)
            tile<E, 1>(left, row + r, step, right, j, units, c + r * c_row + j, c_row);
}

// Transposes x [length, d], in units along d, to panels of [d / elements, padded]; columns from `length` on are zero.
inline void transpose_units(const uint32_t* x, int64_t stride, int length, int units, int padded, uint32_t* out) {
    for (int begin = 0; begin < padded; begin += LINE) {
        const int rows = std::min(LINE, length - begin);
        for (int p = 0; p < units; ++p, out += LINE)
            if (rows == LINE)
                for (int j = 0; j < LINE; ++j) out[j] = x[(begin + j) * stride + p];
            else
                for (int j = 0; j < LINE; ++j) out[j] = j < rows ? x[(begin + j) * stride + p] : 0;
    }
}

// Rearranges x [length, d] into units that hold neighbouring rows: panels of [ceil(length / elements), d].
inline void row_units(const float* x, int64_t stride, int length, int d, uint32_t* out) {
    for (int c = 0; c < d; c += LINE)
        for (int j = 0; j < length; ++j, out += LINE) memcpy(out, x + j * stride + c, LINE * sizeof(float));
}
inline void row_units(const bf16* x, int64_t stride, int length, int d, uint32_t* out) {
    for (int c = 0; c < d; c += LINE)
        for (int j = 0; j < length; j += 2, out += LINE) {
            const bf16* a = x + j * stride + c;
            const bf16* b = a + stride;
            if (j + 1 < length)
                for (int i = 0; i < LINE; ++i) out[i] = uint32_t(a[i].bits) | uint32_t(b[i].bits) << 16;
            else
                for (int i = 0; i < LINE; ++i) out[i] = a[i].bits;
        }
}

// Writes `rows` rows of floats, an even number, from row `first` on, as units that hold neighbouring rows: into panels
// of [lines, columns]. The last argument only selects the type.
inline void pair_rows(const float* c, int64_t c_row, int rows, int columns, int64_t lines, int first, uint32_t* out,
                      float*) {
    for (int j = 0; j < columns; j += LINE)
        for (int r = 0; r < rows; ++r)
            memcpy(out + ((j / LINE) * lines + first + r) * LINE, c + r * c_row + j, LINE * sizeof(float));
}
inline void pair_rows(const float* c, int64_t c_row, int rows, int columns, int64_t lines, int first, uint32_t* out,
                      bf16*) {
    for (int r = 0; r < rows; r += 2)
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

// Where ROWS rows begin. Beyond the last row it is repeated; those results are never stored.
inline void row_offsets(int first, int length, int64_t stride, int64_t* row) {
    for (int r = 0; r < ROWS; ++r) row[r] = int64_t(std::min(first + r, length - 1)) * stride;
}

// For one head of one text: out = softmax(scale * q k^T) v, ROWS queries at a time, and where `log_sum` is given, the
// logarithm of the sum of each query's exponentiated scores.
template <class E>
void attend(const E* q, const E* k, const E* v, int64_t stride, E* out, int64_t out_stride, float* log_sum, int length,
            int d, float scale, Scratch& scratch) {
    constexpr int e = Unit<E>::elements;
    const int padded = multiple_of(length, LINE), units = d / e, pairs = (length + e - 1) / e;
    const int whole = length / LANES * LANES;
    scratch.reserve(size_t(padded) * d * 8 + size_t(ROWS) * padded * 8 + ROWS * d * 4 + 1024);
    uint32_t* keys = scratch.take<uint32_t>(int64_t(units) * padded);
    uint32_t* values = scratch.take<uint32_t>(int64_t(pairs) * d);
    float* scores = scratch.take<float>(ROWS * padded);
    E* weights = scratch.take<E>(ROWS * (padded + 1));
    float* sums = scratch.take<float>(ROWS * d);
    const int64_t s32 = stride / e;
    transpose_units(reinterpret_cast<const uint32_t*>(k), s32, length, units, padded, keys);
    row_units(v, stride, length, d, values);
    int64_t row[ROWS], weight_row[ROWS];
    for (int r = 0; r < ROWS; ++r) weight_row[r] = int64_t(r) * padded / e;
    for (int i = 0; i < length; i += ROWS) {
        const int rows = std::min(ROWS, length - i);
        row_offsets(i, length, s32, row);
        product<E>(reinterpret_cast<const uint32_t*>(q), row, 1, keys, rows, padded, units, scores, padded);
        float factor[ROWS];
        for (int r = 0; r < rows; ++r) {
            const float* s = scores + r * padded;
            Floats most = all(-INFINITY), total = all(0.0f);
            for (int j = 0; j < whole; j += LANES) most = larger(load(s + j), most);
            if (whole < length) most = within(whole, length) ? larger(load(s + whole), most) : most;
            const float peak = largest(most), slope = scale * LOG2_E, shift = peak * slope;
            for (int j = 0; j < whole; j += LANES) {
                const Floats e = power_of_two(load(s + j) * slope - shift);
                total += e;
                store(weights + r * padded + j, e);
            }
            for (int j = whole; j < padded; j += LANES) {
                const Floats e = within(j, length) ? power_of_two(load(s + j) * slope - shift) : all(0.0f);
                total += e;
                store(weights + r * padded + j, e);
            }
            const float together = sum(total);
            factor[r] = 1.0f / together;
            if (log_sum) log_sum[i + r] = peak * scale + logf(together);
        }
        product<E>(reinterpret_cast<const uint32_t*>(weights), weight_row, 1, values, rows, d, pairs, sums, d);
        store_rows(sums, d, rows, d, factor, out + i * out_stride, out_stride);
    }
}

// For one head of one text: the gradients of q, k and v from that of `out`. The weights are computed again from the
// log-sums, ROWS queries at a time. dq is complete for these queries at once; dk and dv sum over all queries, so the
// weights and the gradients of the scores are kept for them. Where dq or dk is null, that gradient is not computed.
template <class E>
void attend_backward(const E* q, const E* k, const E* v, int64_t stride, const E* d_out, int64_t out_stride,
                     const float* log_sum, E* dq, E* dk, E* dv, int64_t d_stride, int length, int d, float scale,
                     Scratch& scratch) {
    constexpr int e = Unit<E>::elements;
    const int padded = multiple_of(length, LINE), units = d / e, pairs = (length + e - 1) / e;
    const int whole = length / LANES * LANES;
    const int64_t lines = multiple_of(length, R) / e;
    const int64_t square = int64_t(padded) * lines;
    scratch.reserve(size_t(padded) * d * 20 + size_t(square) * 8 + size_t(ROWS) * padded * 16 + ROWS * d * 4 + 4096);
    uint32_t* keys = scratch.take<uint32_t>(int64_t(units) * padded);
    uint32_t* values = scratch.take<uint32_t>(int64_t(units) * padded);
    uint32_t* key_rows = scratch.take<uint32_t>(int64_t(pairs) * d);
    uint32_t* query_rows = scratch.take<uint32_t>(int64_t(pairs) * d);
    uint32_t* gradient_rows = scratch.take<uint32_t>(int64_t(pairs) * d);
    uint32_t* weights = scratch.take<uint32_t>(square);
    uint32_t* d_scores = scratch.take<uint32_t>(square);
    float* p = scratch.take<float>(ROWS * padded);
    float* dp = scratch.take<float>(ROWS * padded);
    E* ds = scratch.take<E>(ROWS * (padded + 1));
    float* sums = scratch.take<float>(ROWS * d);
    const int64_t s32 = stride / e, o32 = out_stride / e;
    transpose_units(reinterpret_cast<const uint32_t*>(k), s32, length, units, padded, keys);
    transpose_units(reinterpret_cast<const uint32_t*>(v), s32, length, units, padded, values);
    if (dq) row_units(k, stride, length, d, key_rows);
    row_units(d_out, out_stride, length, d, gradient_rows);
    if (dk) row_units(q, stride, length, d, query_rows);
    int64_t row[ROWS], column[ROWS];
    for (int i = 0; i < length; i += ROWS) {
        const int rows = std::min(ROWS, length - i), computed = multiple_of(rows, R);
        row_offsets(i, length, s32, row);
        product<E>(reinterpret_cast<const uint32_t*>(q), row, 1, keys, rows, padded, units, p, padded);
        row_offsets(i, length, o32, row);
        product<E>(reinterpret_cast<const uint32_t*>(d_out), row, 1, values, rows, padded, units, dp, padded);
        for (int r = 0; r < computed; ++r) {
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
            for (int j = 0; j < whole; j += LANES) {
                const Floats e = power_of_two(load(pr + j) * slope - shift);
                total += e * load(dr + j);
                store(pr + j, e);
            }
            for (int j = whole; j < padded; j += LANES) {
                const Floats e = within(j, length) ? power_of_two(load(pr + j) * slope - shift) : all(0.0f);
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
        pair_rows(p, padded, computed, padded, lines, i, weights, static_cast<E*>(nullptr));
        if (dk) pair_rows(dp, padded, computed, padded, lines, i, d_scores, static_cast<E*>(nullptr));
        if (!dq) continue;
        for (int r = 0; r < ROWS; ++r) row[r] = int64_t(r) * padded / e;
        product<E>(reinterpret_cast<const uint32_t*>(ds), row, 1, key_rows, rows, d, pairs, sums, d);
        store_rows(sums, d, rows, d, nullptr, dq + i * d_stride, d_stride);
    }
    for (int r = 0; r < ROWS; ++r) column[r] = r;
    for (int j = 0; j < length; j += ROWS) {
        const int rows = std::min(ROWS, length - j);
        const int64_t at = (j / LINE) * lines * LINE + j % LINE;
        product<E>(weights + at, column, LINE, gradient_rows, rows, d, pairs, sums, d);
        store_rows(sums, d, rows, d, nullptr, dv + j * d_stride, d_stride);
        if (!dk) continue;
        product<E>(d_scores + at, column, LINE, query_rows, rows, d, pairs, sums, d);
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
