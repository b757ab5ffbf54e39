// Attention of all queries of packed texts, forward.

#pragma once

#include <math.h>

#include "tiles.h"

namespace {

// Which keys a query of a text sees: those at a distance of less than `window`, which is at most the length.
struct Sight {
    int length, window;
    int begin(int query) const { return std::max(0, query - window + 1); }
    int end(int query) const { return std::min(length, query + window); }
};
inline Sight sight_of(int length, int window) { return {length, window > 0 && window < length ? window : length}; }

// Calls f(j, mask) for each vector of columns from `begin` to `end`: the mask has the lanes that lie in [low, high).
template <class F>
inline void for_vectors(int begin, int end, int low, int high, F f) {
    const int whole = std::min(multiple_of(low, LANES), end), rest = std::max(high / LANES * LANES, whole);
    for (int j = begin; j < whole; j += LANES) f(j, between(j, low, high));
    for (int j = whole; j < rest; j += LANES) f(j, Ints{} == 0);
    for (int j = rest; j < end; j += LANES) f(j, between(j, low, high));
}

// For one head of one text: out = softmax(scale * q k^T) v over the keys in sight, ROWS queries at a time, and where
// `log_sum` is given, the logarithm of the sum of each query's exponentiated scores.
template <class E>
void attend(const E* q, const E* k, const E* v, int64_t stride, E* out, int64_t out_stride, float* log_sum, Sight sight,
            int d, float scale, Scratch& scratch) {
    constexpr int e = Unit<E>::elements;
    const int length = sight.length, padded = multiple_of(length, LINE), units = d / e, pairs = (length + e - 1) / e;
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
        const int begin = sight.begin(i) / LINE * LINE, last = sight.end(i + rows - 1), end = multiple_of(last, LINE);
        row_offsets(i, length, s32, row);
        product<E>(reinterpret_cast<const uint32_t*>(q), row, 1, {keys, units}, {0, units}, rows, begin, end, scores,
                   padded);
        float factor[ROWS];
        for (int r = 0; r < rows; ++r) {
            const float* s = scores + r * padded;
            const int low = sight.begin(i + r), high = sight.end(i + r);
            Floats most = all(-INFINITY), total = all(0.0f);
            for_vectors(begin, end, low, high, [&](int j, Ints seen) {
                most = seen ? larger(load(s + j), most) : most;
            });
            const float peak = largest(most), slope = scale * LOG2_E, shift = peak * slope;
            for_vectors(begin, end, low, high, [&](int j, Ints seen) {
                const Floats weight = seen ? power_of_two(load(s + j) * slope - shift) : all(0.0f);
                total += weight;
                store(weights + r * padded + j, weight);
            });
            const float together = sum(total);
            factor[r] = 1.0f / together;
            if (log_sum) log_sum[i + r] = peak * scale + logf(together);
        }
        product<E>(reinterpret_cast<const uint32_t*>(weights) + begin / e, weight_row, 1, {values, pairs},
                   {begin / e, (last + e - 1) / e - begin / e}, rows, 0, d, sums, d);
        store_rows(sums, d, rows, d, factor, out + i * out_stride, out_stride);
    }
}

// For all heads of all texts of `rows` tokens, the longest texts first. A window of 0 is none.
template <class E>
void attend_texts(const E* q, const E* k, const E* v, int64_t stride, E* out, int64_t out_stride, float* log_sum,
                  const int64_t* cu_seqlens, const int32_t* longest_first, int texts, int64_t rows, int heads, int d,
                  float scale, int window, int threads) {
#pragma omp parallel num_threads(threads)
    {
        Scratch scratch;
#pragma omp for schedule(dynamic)
        for (int64_t task = 0; task < int64_t(texts) * heads; ++task) {
            int64_t text = longest_first[task / heads], head = task % heads, begin = cu_seqlens[text];
            int length = int(cu_seqlens[text + 1] - begin);
            int64_t at = begin * stride + head * d;
            attend(q + at, k + at, v + at, stride, out + begin * out_stride + head * d, out_stride,
                   log_sum ? log_sum + head * rows + begin : nullptr, sight_of(length, window), d, scale, scratch);
        }
    }
}

}  // namespace
