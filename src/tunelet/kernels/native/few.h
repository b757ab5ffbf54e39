// The layers of an encoder over few tokens, by one team of threads.
//
// With some dozens of tokens a product takes a tenth of a millisecond, and a call from Python with a team of its own
// half as long again. Here one team goes through all layers. Its threads share out columns of products, heads and rows,
// and meet where one reads what others have written. Hidden states are floats, weights floats or bytes.

#pragma once

#include "attention.h"
#include "bytes.h"
#include "rows.h"

namespace {

// A weight in panels, as tiles.h reads them, or of bytes, as bytes.h does; `sums` and `scale` are null where it is of
// floats. Numbers of outputs are multiples of LINE.
struct Weight {
    const uint32_t* panels;
    const float *sums, *scale, *bias;
};
struct NormWeight {
    const float *weight, *shift;
};
// A post-norm layer; `joint` makes queries, keys and values.
struct FewLayer {
    Weight joint, out, up, down;
    NormWeight attention, output;
};

// What a product reads: floats, and where it multiplies bytes, those and the scale of each row.
struct Left {
    const float* values;
    const uint8_t* bytes;
    const float* scale;
};

constexpr int HEIGHT = LANES == 8 ? 6 : 8;  // rows of a tile: with two vectors of columns its sums hide their latency
constexpr int BLOCK = 4 * HEIGHT;           // rows whose beginnings are noted at a time
constexpr int STRIP = 2 * LANES > LINE ? 2 * LANES : LINE;  // columns that a thread computes at a time

// Columns `j` to `end` of y = x W^T. Not inlined: the sums of a tile need all registers.
__attribute__((noinline)) void multiply_floats(const float* x, const Weight& w, int64_t rows, int inputs, int n, float* y,
                                               int j, int end) {
    for (int64_t t = 0; t < rows; t += BLOCK) {
        int64_t row[BLOCK];
        row_offsets<BLOCK>(int(t), int(rows), inputs, row);
        product<float, HEIGHT>(reinterpret_cast<const uint32_t*>(x), row, 1, {w.panels, inputs}, {0, inputs},
                               int(std::min<int64_t>(BLOCK, rows - t)), j, end, y + t * n, n);
    }
}

// Columns `j` to `end` of y = f(x W^T + b). Not inlined, as `one_row` is not: each strip is the same machine code.
template <class F>
__attribute__((noinline)) void strip(Left x, const Weight& w, int64_t rows, int inputs, int n, float* y, int j, int end,
                                     F f) {
#ifdef BYTE_PRODUCTS
    if (w.scale)
        byte_product(reinterpret_cast<const uint32_t*>(x.bytes), rows, {w.panels, inputs / 4}, w.sums, w.scale, y,
                     inputs / 4, j, end, n);
    else
#endif
        multiply_floats(x.values, w, rows, inputs, n, y, j, end);
    for (int64_t t = 0; t < rows; ++t) {
        const float s = w.scale ? x.scale[t] : 1.0f;
        for (int k = j; k < end; ++k) y[t * n + k] = f(y[t * n + k] * s + w.bias[k]);
    }
}
template <class F>
inline void share_columns(Left x, const Weight& w, int64_t rows, int inputs, int n, float* y, F f) {
#pragma omp for schedule(dynamic)
    for (int j = 0; j < n; j += STRIP) strip(x, w, rows, inputs, n, y, j, std::min(n, j + STRIP), f);
}

// x = norm(x + y), row by row.
inline void share_norm(const float* y, float* x, NormWeight w, float epsilon, int64_t rows, int n, float* scratch) {
    auto body = [=](int64_t t, float* row) {
        float* out = x + t * n;
        for (int j = 0; j < n; ++j) row[j] = out[j] + y[t * n + j];
        const Moments of = moments(row, n, epsilon);
        for (int j = 0; j < n; ++j) out[j] = (row[j] - of.mean) * of.inverse * w.weight[j] + w.shift[j];
    };
#pragma omp for schedule(static)
    for (int64_t t = 0; t < rows; ++t) one_row(body, t, scratch);
}

// Rows as bytes, where there is memory for them.
inline Left share_bytes(const float* x, uint8_t* bytes, float* scale, int64_t rows, int n, float* scratch) {
    if (bytes) {
        auto body = [=](int64_t t, float*) { quantise_row(x + t * n, n, bytes + t * n, scale + t); };
#pragma omp for schedule(static)
        for (int64_t t = 0; t < rows; ++t) one_row(body, t, scratch);
    }
    return {x, bytes, scale};
}

// Replaces x [rows, n] by the hidden states after `depth` layers, each with two epsilons. `memory` has room for
// 5 n + inner floats of each row, and rows up to a multiple of HEIGHT; `bytes` for a row's widest input and `scale` for a
// float, null where weights are floats.
template <Gelu (*gelu)(float)>
void encode_few(float* x, float* memory, uint8_t* bytes, float* scale, const FewLayer* layers, const float* epsilons,
                int depth, const int64_t* cu_seqlens, int texts, int n, int inner, int heads, float slope,
                int threads) {
    const int64_t rows = cu_seqlens[texts], space = (rows + HEIGHT - 1) / HEIGHT * HEIGHT;
    float *joined = memory, *context = joined + space * 3 * n, *sum = context + space * n, *wide = sum + space * n;
    const int d = n / heads;
    const auto same = [](float y) { return y; };
    const auto active = [](float y) { return gelu(y).value; };
#pragma omp parallel num_threads(threads)
    {
        Scratch scratch;
        std::unique_ptr<float[]> row(new float[n]);
        for (int i = 0; i < depth; ++i) {
            const FewLayer& layer = layers[i];
            share_columns(share_bytes(x, bytes, scale, rows, n, row.get()), layer.joint, rows, n, 3 * n, joined, same);
#pragma omp for schedule(static)
            for (int64_t task = 0; task < int64_t(texts) * heads; ++task) {
                const int64_t text = task / heads, begin = cu_seqlens[text];
                const float* query = joined + begin * 3 * n + task % heads * d;
                attend(query, query + n, query + 2 * n, 3 * n, context + begin * n + task % heads * d, n,
                       static_cast<float*>(nullptr), sight_of(int(cu_seqlens[text + 1] - begin), 0), d, slope, scratch);
            }
            share_columns(share_bytes(context, bytes, scale, rows, n, row.get()), layer.out, rows, n, n, sum, same);
            share_norm(sum, x, layer.attention, epsilons[2 * i], rows, n, row.get());
            share_columns(share_bytes(x, bytes, scale, rows, n, row.get()), layer.up, rows, n, inner, wide, active);
            share_columns(share_bytes(wide, bytes, scale, rows, inner, row.get()), layer.down, rows, inner, n, sum,
                          same);
            share_norm(sum, x, layer.output, epsilons[2 * i + 1], rows, n, row.get());
        }
    }
}

}  // namespace
