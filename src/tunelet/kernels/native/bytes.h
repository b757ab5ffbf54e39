// Products of activations as bytes with frozen weights as bytes, for processors on which oneDNN has none that is fast.
//
// Units are four bytes that are neighbours along the summed dimension; weights lie in panels, as in tiles.h. Sums are
// exact. Where two neighbouring products are added in 16 bits, which holds them only for weights of 7 bits, weights
// have as many.

#pragma once

#include "tiles.h"

#if defined(__AVX512VNNI__) || defined(__AVX512BW__) || defined(__AVX2__) || defined(__ARM_FEATURE_DOTPROD)
#define BYTE_PRODUCTS

namespace {

#if defined(__ARM_FEATURE_DOTPROD)
constexpr int OFFSET = 0;  // what is multiplied is x - 128
#else
constexpr int OFFSET = 128;
#endif
#if defined(__AVX512VNNI__) || defined(__ARM_FEATURE_DOTPROD) || (defined(__AVXVNNI__) && !defined(__AVX512F__))
constexpr int WEIGHT_BITS = 8;
#else
constexpr int WEIGHT_BITS = 7;
#endif

// sum + x . w lane by lane, of the four unsigned bytes x and signed weights w.
inline Ints multiply_unit(Ints sum, uint32_t x, Units w) {
#if defined(__AVX512VNNI__)
    return (Ints)_mm512_dpbusd_epi32((__m512i)sum, _mm512_set1_epi32(x), (__m512i)w);
#elif defined(__AVX512F__)
    const __m512i pairs = _mm512_maddubs_epi16(_mm512_set1_epi32(x), (__m512i)w);
    return sum + (Ints)_mm512_madd_epi16(pairs, _mm512_set1_epi16(1));
#elif defined(__AVXVNNI__)
    return (Ints)_mm256_dpbusd_avx_epi32((__m256i)sum, _mm256_set1_epi32(x), (__m256i)w);
#elif defined(__AVX2__)
    const __m256i pairs = _mm256_maddubs_epi16(_mm256_set1_epi32(x), (__m256i)w);
    return sum + (Ints)_mm256_madd_epi16(pairs, _mm256_set1_epi16(1));
#else
    return (Ints)vdotq_s32((int32x4_t)sum, (int8x16_t)w, (int8x16_t)vdupq_n_u32(x ^ 0x80808080));
#endif
}

constexpr int CHUNK_ROWS = 64;  // rows that stay in the cache while they are multiplied with all columns

// `rows` rows, at most R, and LANES V columns from j on, of which those before n are stored.
template <class E, int V>
inline void byte_tile(const uint32_t* x, int rows, Panels weights, const float* sums, const float* scale, E* out,
                      int units, int j, int n) {
    const uint32_t *row[R], *at[V];
    for (int r = 0; r < R; ++r) row[r] = x + int64_t(std::min(r, rows - 1)) * units;
    for (int v = 0; v < V; ++v) at[v] = weights.at(0, j + LANES * v);
    Ints sum[R][V] = {};
    for (int p = 0; p < units; ++p) {
        Units b[V];
        for (int v = 0; v < V; ++v) b[v] = load_once(at[v] + p * LINE);
        for (int r = 0; r < R; ++r) {
            const uint32_t a = row[r][p];
            for (int v = 0; v < V; ++v) sum[r][v] = multiply_unit(sum[r][v], a, b[v]);
        }
    }
    for (int r = 0; r < rows; ++r)
        for (int v = 0; v < V; ++v) {
            const int first = j + LANES * v;
            const Floats whole = __builtin_convertvector(sum[r][v], Floats);
            const Floats y = (whole - load(sums + first) * float(OFFSET)) * load(scale + first);
            if (first + LANES <= n) {
                store(out + int64_t(r) * n + first, y);
                continue;
            }
            float rest[LANES];
            store(rest, y);
            for (int i = 0; first + i < n; ++i) put(out[int64_t(r) * n + first + i], rest[i]);
        }
}

// out[t][j] = scale[j] * sum over k of (x[t][k] - 128) * w[k][j], for the columns from `j` to `end`, a multiple of LINE.
// Weights, their sums by column and the scales are padded to a multiple of LINE columns.
template <class E>
inline void byte_product(const uint32_t* x, int64_t rows, Panels weights, const float* sums, const float* scale, E* out,
                         int units, int j, int end, int n) {
    for (; j + 2 * LANES <= end; j += 2 * LANES)
        for (int64_t t = 0; t < rows; t += R)
            byte_tile<E, 2>(x + t * units, int(std::min<int64_t>(R, rows - t)), weights, sums, scale, out + t * n,
                            units, j, n);
    if (j < end)
        for (int64_t t = 0; t < rows; t += R)
            byte_tile<E, 1>(x + t * units, int(std::min<int64_t>(R, rows - t)), weights, sums, scale, out + t * n,
                            units, j, n);
}

// The same for all columns.
template <class E>
void multiply_bytes(const uint8_t* x, const uint8_t* w, const float* sums, const float* scale, E* out, int64_t rows,
                    int inputs, int n, int threads) {
    const int units = inputs / 4;
    const uint32_t* left = reinterpret_cast<const uint32_t*>(x);
    const Panels weights = {reinterpret_cast<const uint32_t*>(w), units};
    const int end = multiple_of(n, LINE);
    const int64_t fair = (rows + threads - 1) / threads;  // of few rows each thread has some
    const int64_t height = std::max<int64_t>(R, std::min<int64_t>(CHUNK_ROWS, (fair + R - 1) / R * R));
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int64_t chunk = 0; chunk < (rows + height - 1) / height; ++chunk) {
        const int64_t begin = chunk * height, stop = std::min(rows, begin + height);
        byte_product(left + begin * units, stop - begin, weights, sums, scale, out + begin * n, units, 0, end, n);
    }
}

}  // namespace
#endif
