// Vectors as wide as the processor's registers, on the vector extension of GCC and Clang: operators work on all lanes,
// and a comparison yields a mask that selects with `? :`. A product and a sum become one fused instruction.

#pragma once

#include <stdint.h>
#include <string.h>

#include "dtypes.h"

#if defined(__AVX512F__)
#include <immintrin.h>
#define LANES 16
#elif defined(__AVX2__)
#include <immintrin.h>
#define LANES 8
#else  // NEON, or what the compiler makes of it
#define LANES 4
#endif
#if defined(__ARM_NEON)
#include <arm_neon.h>
#endif

namespace {

typedef float Floats __attribute__((vector_size(4 * LANES)));
typedef int32_t Ints __attribute__((vector_size(4 * LANES)));
typedef uint32_t Units __attribute__((vector_size(4 * LANES)));  // each one float or two bfloat16
typedef uint16_t Halves __attribute__((vector_size(2 * LANES)));

inline Floats all(float x) { return Floats{} + x; }

inline Floats load(const float* from) {
    Floats x;
    memcpy(&x, from, sizeof x);
    return x;
}
inline Units load(const uint32_t* from) {
    Units x;
    memcpy(&x, from, sizeof x);
    return x;
}
// The same, held in a register: the compiler would rather read the memory again in each instruction that uses it.
inline Units load_once(const uint32_t* from) {
    Units x = load(from);
#if defined(__x86_64__)
    asm("" : "+v"(x));
#elif defined(__aarch64__)
    asm("" : "+w"(x));
#endif
    return x;
}
inline void store(uint32_t* to, Units x) { memcpy(to, &x, sizeof x); }
inline void store(float* to, Floats x) { memcpy(to, &x, sizeof x); }

// Each float rounded to a bfloat16, in the lower half of a unit.
inline Units rounded(Floats x) {
#ifdef __AVX512BF16__
    return (Units)_mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh((__m512)x));
#else
    Units bits = (Units)x;
    Units nearest = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
    return x == x ? nearest : (bits >> 16 | 0x40);  // NaN stays NaN
#endif
}
inline void store(bf16* to, Floats x) {
#ifdef __AVX512BF16__
    Halves bits = (Halves)_mm512_cvtneps_pbh((__m512)x);
#else
    Halves bits = __builtin_convertvector(rounded(x), Halves);
#endif
    memcpy(to, &bits, sizeof bits);
}

// A mask of those of the lanes that stand for column j and the next, and lie in [begin, end).
inline Ints between(int j, int begin, int end) {
    Ints lane;
    for (int i = 0; i < LANES; ++i) lane[i] = i;  // a constant, once compiled
    return (lane >= begin - j) & (lane < end - j);
}

inline Floats larger(Floats x, Floats y) { return x > y ? x : y; }

inline float largest(Floats x) {
    float parts[LANES];
    store(parts, x);
    for (int half = LANES / 2; half; half /= 2)
        for (int i = 0; i < half; ++i) parts[i] = parts[i] > parts[i + half] ? parts[i] : parts[i + half];
    return parts[0];
}
inline float sum(Floats x) {
    float parts[LANES];
    store(parts, x);
    for (int half = LANES / 2; half; half /= 2)
        for (int i = 0; i < half; ++i) parts[i] += parts[i + half];
    return parts[0];
}

// 2^x for x <= 0 with a relative error within 2e-7, x clamped to -126: the nearest integer n goes into the exponent,
// and a polynomial yields 2^f of the rest f in [-1/2, 1/2].
inline Floats power_of_two(Floats x) {
    x = x < -126.0f ? all(-126.0f) : x;                // NaN stays NaN
    Ints n = __builtin_convertvector(x - 0.5f, Ints);  // towards zero
    Floats f = x - __builtin_convertvector(n, Floats);
    Floats p = all(0.00132647273f);
    p = p * f + 0.00967151299f;
    p = p * f + 0.0555073358f;
    p = p * f + 0.240222424f;
    p = p * f + 0.693147004f;
    p = p * f + 1.0f;
    return p * (Floats)((n + 127) << 23);
}

// Products read units: sum + left . right, lane by lane, in float.
template <class E>
struct Unit;
template <>
struct Unit<float> {
    static constexpr int elements = 1;
    static inline Floats multiply(Floats sum, uint32_t left, Units right) {
        float factor;
        memcpy(&factor, &left, 4);
        return sum + factor * (Floats)right;
    }
};
#if defined(__AVX512BF16__) || defined(__ARM_FEATURE_BF16_VECTOR_ARITHMETIC)
#define BFLOAT16_PRODUCTS
template <>
struct Unit<bf16> {
    static constexpr int elements = 2;
    static inline Floats multiply(Floats sum, uint32_t left, Units right) {
#ifdef __AVX512BF16__
        return (Floats)_mm512_dpbf16_ps((__m512)sum, (__m512bh)_mm512_set1_epi32(left), (__m512bh)right);
#else
        return (Floats)vbfdotq_f32((float32x4_t)sum, (bfloat16x8_t)vdupq_n_u32(left), (bfloat16x8_t)right);
#endif
    }
};
#endif

}  // namespace
