// Attention of all queries of packed texts, backward.

#pragma once

#include "attention.h"

namespace {

// For one head of one text: the gradients of q, k and v from that of `out`. The weights are computed again from the
// log-sums, ROWS queries at a time. dq is complete for these queries at once; dk and dv sum over all queries, so the
// weights and the gradients of the scores are kept of so many queries as stay in the cache, and the sums of those of
// longer texts are gathered in float. Where dq or dk is null, that gradient is not computed.
constexpr int CHUNK = 256;  // queries, a multiple of ROWS

template <class E>
struct Backward {
    static constexpr int e = Unit<E>::elements;
    const E *q, *k, *v, *d_out;
    const int64_t stride, out_stride;
    const float* log_sum;
    E *dq, *dk, *dv;
    const int64_t d_stride;
    const Sight sight;
    const int d;
    const float scale;
    const int length = sight.length, padded = multiple_of(length, LINE), units = d / e, pairs = (length + e - 1) / e;
    uint32_t *keys, *values, *key_rows, *query_rows, *gradient_rows, *weights, *d_scores;
    float *p, *dp, *sums, *d_keys, *d_values;
    E* ds;

    void run(Scratch& scratch) {
        const int widest = std::min(padded, multiple_of(std::min(CHUNK, length) + 2 * sight.window, LINE) + 2 * LINE);
        const int64_t square = int64_t(widest) * multiple_of(std::min(CHUNK, length), R) / e;
        const int64_t gathered = length > CHUNK ? int64_t(padded) * d : 0;
        scratch.reserve(size_t(padded) * d * 20 + size_t(square) * 8 + size_t(gathered) * 8 +
                        size_t(ROWS) * padded * 16 + ROWS * d * 4 + 4096);
        keys = scratch.take<uint32_t>(int64_t(units) * padded);
        values = scratch.take<uint32_t>(int64_t(units) * padded);
        key_rows = scratch.take<uint32_t>(int64_t(pairs) * d);
        query_rows = scratch.take<uint32_t>(int64_t(pairs) * d);
        gradient_rows = scratch.take<uint32_t>(int64_t(pairs) * d);
        weights = scratch.take<uint32_t>(square);
        d_scores = scratch.take<uint32_t>(square);
        d_keys = scratch.take<float>(gathered);
        d_values = scratch.take<float>(gathered);
        p = scratch.take<float>(ROWS * padded);
        dp = scratch.take<float>(ROWS * padded);
        ds = scratch.take<E>(ROWS * (padded + 1));
        sums = scratch.take<float>(ROWS * d);
        transpose_units(reinterpret_cast<const uint32_t*>(k), stride / e, length, units, padded, keys);
        transpose_units(reinterpret_cast<const uint32_t*>(v), stride / e, length, units, padded, values);
        if (dq) row_units(k, stride, length, d, key_rows);
        row_units(d_out, out_stride, length, d, gradient_rows);
        if (dk) row_units(q, stride, length, d, query_rows);
        std::fill(d_keys, d_keys + gathered, 0.0f);
        std::fill(d_values, d_values + gathered, 0.0f);
        for (int first = 0; first < length; first += CHUNK) chunk(first, std::min(CHUNK, length - first));
        if (!gathered) return;
        store_rows(d_values, d, length, d, nullptr, dv, d_stride);
        if (dk) store_rows(d_keys, d, length, d, nullptr, dk, d_stride);
    }

    // `queries` queries from `first` on, and the keys that one of them sees.
    void chunk(int first, int queries) {
        const int begin = sight.begin(first) / LINE * LINE;
        const int end = multiple_of(sight.end(first + queries - 1), LINE);
        const int64_t lines = multiple_of(queries, R) / e;
        for (int i = first; i < first + queries; i += ROWS)
            block(i, std::min(ROWS, length - i), begin, end, lines, i - first);
        int64_t column[ROWS];
        for (int r = 0; r < ROWS; ++r) column[r] = r;
        for (int j = begin; j < std::min(end, length); j += ROWS) {
            const int rows = std::min(ROWS, length - j);
            // The queries that see one of these keys. They stand to the keys as the keys that they see stand to them.
            const int low = (std::max(first, sight.begin(j)) - first) / e;
            const int high = (std::min(first + queries, sight.end(j + rows - 1)) - first + e - 1) / e;
            const int64_t at = ((j - begin) / LINE * lines + low) * LINE + j % LINE;
            const Lines read = {first / e + low, high - low};
            product<E>(weights + at, column, LINE, {gradient_rows, pairs}, read, rows, 0, d, sums, d);
            keep(rows, j, d_values, dv);
            if (!dk) continue;
            product<E>(d_scores + at, column, LINE, {query_rows, pairs}, read, rows, 0, d, sums, d);
            keep(rows, j, d_keys, dk);
        }
    }

    // `rows` queries from i on: dq, and in line `line` and the next of the panels of their chunk, which has the keys
    // from `begin` to `end`, the weights and the gradients of the scores.
    void block(int i, int rows, int begin, int end, int64_t lines, int line) {
        const int computed = multiple_of(rows, R), low = sight.begin(i) / LINE * LINE;
        const int last = sight.end(i + rows - 1), high = multiple_of(last, LINE);
        int64_t row[ROWS];
        row_offsets(i, length, stride / e, row);
        product<E>(reinterpret_cast<const uint32_t*>(q), row, 1, {keys, units}, {0, units}, rows, low, high, p, padded);
        row_offsets(i, length, out_stride / e, row);
        product<E>(reinterpret_cast<const uint32_t*>(d_out), row, 1, {values, units}, {0, units}, rows, low, high, dp,
                   padded);
        for (int r = 0; r < computed; ++r) {
            float* pr = p + r * padded;
            float* dr = dp + r * padded;
            E* sr = ds + r * padded;
            if (r >= rows) {
                std::fill(pr + begin, pr + end, 0.0f);
                std::fill(dr + begin, dr + end, 0.0f);
                memset(sr + begin, 0, (end - begin) * sizeof(E));
                continue;
            }
            for (float* each : {pr, dr}) {
                std::fill(each + begin, each + low, 0.0f);
                std::fill(each + high, each + end, 0.0f);
            }
            const float slope = scale * LOG2_E, shift = log_sum[i + r] * LOG2_E;
            Floats total = all(0.0f);
            for_vectors(low, high, sight.begin(i + r), sight.end(i + r), [&](int j, Ints seen) {
                const Floats weight = seen ? power_of_two(load(pr + j) * slope - shift) : all(0.0f);
                total += weight * load(dr + j);
                store(pr + j, weight);
            });
            const float along = sum(total);
            for (int j = low; j < high; j += LANES) {
                const Floats slope_of_score = load(pr + j) * (load(dr + j) - along) * scale;
                store(dr + j, slope_of_score);
                if (dq) store(sr + j, slope_of_score);
            }
        }
        pair_rows(p + begin, padded, computed, end - begin, lines, line, weights, static_cast<E*>(nullptr));
        if (dk) pair_rows(dp + begin, padded, computed, end - begin, lines, line, d_scores, static_cast<E*>(nullptr));
        if (!dq) return;
        for (int r = 0; r < ROWS; ++r) row[r] = int64_t(r) * padded / e;
        product<E>(reinterpret_cast<const uint32_t*>(ds) + low / e, row, 1, {key_rows, pairs},
                   {low / e, (last + e - 1) / e - low / e}, rows, 0, d, sums, d);
        store_rows(sums, d, rows, d, nullptr, dq + i * d_stride, d_stride);
    }

    // Stores the sums of `rows` keys from j on, or gathers them where more chunks follow.
    void keep(int rows, int j, float* gathered, E* out) {
        if (length <= CHUNK) return store_rows(sums, d, rows, d, nullptr, out + j * d_stride, d_stride);
        float* to = gathered + int64_t(j) * d;
        for (int at = 0; at < rows * d; at += LANES) store(to + at, load(to + at) + load(sums + at));
    }
};

// For all heads of all texts, as `attend_texts`.
template <class E>
void attend_texts_backward(const E* q, const E* k, const E* v, int64_t stride, const E* d_out, int64_t out_stride,
                           const float* log_sum, E* dq, E* dk, E* dv, int64_t d_stride, const int64_t* cu_seqlens,
                           const int32_t* longest_first, int texts, int64_t rows, int heads, int d, float scale,
                           int window, int threads) {
#pragma omp parallel num_threads(threads)
    {
        Scratch scratch;
#pragma omp for schedule(dynamic)
        for (int64_t task = 0; task < int64_t(texts) * heads; ++task) {
            int64_t text = longest_first[task / heads], head = task % heads, begin = cu_seqlens[text];
            int length = int(cu_seqlens[text + 1] - begin);
            int64_t at = begin * stride + head * d, to = begin * d_stride + head * d;
            Backward<E>{q + at, k + at, v + at, d_out + begin * out_stride + head * d, stride, out_stride,
                        log_sum + head * rows + begin, dq ? dq + to : nullptr, dk ? dk + to : nullptr, dv + to,
                        d_stride, sight_of(length, window), d, scale}
                .run(scratch);
        }
    }
}

}  // namespace
