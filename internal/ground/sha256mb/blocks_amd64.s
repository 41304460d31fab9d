// SPDX-License-Identifier: Apache-2.0

//go:build !purego

#include "textflag.h"

// SHA-256 (FIPS 180-4, 6.2.2) of sixteen messages at once with AVX-512F and BW:
// lane m of every register belongs to message m. Nothing depends on what is hashed
// but the addresses read, which are the messages' own.
//
// Z0 to Z7 are a to h, Z16 to Z31 the last sixteen words of the message schedule,
// Z8 to Z15 are free. AX points at the round constants.

DATA k<>+0x000(SB)/4, $0x428a2f98
DATA k<>+0x004(SB)/4, $0x71374491
DATA k<>+0x008(SB)/4, $0xb5c0fbcf
DATA k<>+0x00c(SB)/4, $0xe9b5dba5
DATA k<>+0x010(SB)/4, $0x3956c25b
DATA k<>+0x014(SB)/4, $0x59f111f1
DATA k<>+0x018(SB)/4, $0x923f82a4
DATA k<>+0x01c(SB)/4, $0xab1c5ed5
DATA k<>+0x020(SB)/4, $0xd807aa98
DATA k<>+0x024(SB)/4, $0x12835b01
DATA k<>+0x028(SB)/4, $0x243185be
DATA k<>+0x02c(SB)/4, $0x550c7dc3
DATA k<>+0x030(SB)/4, $0x72be5d74
DATA k<>+0x034(SB)/4, $0x80deb1fe
DATA k<>+0x038(SB)/4, $0x9bdc06a7
DATA k<>+0x03c(SB)/4, $0xc19bf174
DATA k<>+0x040(SB)/4, $0xe49b69c1
DATA k<>+0x044(SB)/4, $0xefbe4786
DATA k<>+0x048(SB)/4, $0x0fc19dc6
DATA k<>+0x04c(SB)/4, $0x240ca1cc
DATA k<>+0x050(SB)/4, $0x2de92c6f
DATA k<>+0x054(SB)/4, $0x4a7484aa
DATA k<>+0x058(SB)/4, $0x5cb0a9dc
DATA k<>+0x05c(SB)/4, $0x76f988da
DATA k<>+0x060(SB)/4, $0x983e5152
DATA k<>+0x064(SB)/4, $0xa831c66d
DATA k<>+0x068(SB)/4, $0xb00327c8
DATA k<>+0x06c(SB)/4, $0xbf597fc7
DATA k<>+0x070(SB)/4, $0xc6e00bf3
DATA k<>+0x074(SB)/4, $0xd5a79147
DATA k<>+0x078(SB)/4, $0x06ca6351
DATA k<>+0x07c(SB)/4, $0x14292967
DATA k<>+0x080(SB)/4, $0x27b70a85
DATA k<>+0x084(SB)/4, $0x2e1b2138
DATA k<>+0x088(SB)/4, $0x4d2c6dfc
DATA k<>+0x08c(SB)/4, $0x53380d13
DATA k<>+0x090(SB)/4, $0x650a7354
DATA k<>+0x094(SB)/4, $0x766a0abb
DATA k<>+0x098(SB)/4, $0x81c2c92e
DATA k<>+0x09c(SB)/4, $0x92722c85
DATA k<>+0x0a0(SB)/4, $0xa2bfe8a1
DATA k<>+0x0a4(SB)/4, $0xa81a664b
DATA k<>+0x0a8(SB)/4, $0xc24b8b70
DATA k<>+0x0ac(SB)/4, $0xc76c51a3
DATA k<>+0x0b0(SB)/4, $0xd192e819
DATA k<>+0x0b4(SB)/4, $0xd6990624
DATA k<>+0x0b8(SB)/4, $0xf40e3585
DATA k<>+0x0bc(SB)/4, $0x106aa070
DATA k<>+0x0c0(SB)/4, $0x19a4c116
DATA k<>+0x0c4(SB)/4, $0x1e376c08
DATA k<>+0x0c8(SB)/4, $0x2748774c
DATA k<>+0x0cc(SB)/4, $0x34b0bcb5
DATA k<>+0x0d0(SB)/4, $0x391c0cb3
DATA k<>+0x0d4(SB)/4, $0x4ed8aa4a
DATA k<>+0x0d8(SB)/4, $0x5b9cca4f
DATA k<>+0x0dc(SB)/4, $0x682e6ff3
DATA k<>+0x0e0(SB)/4, $0x748f82ee
DATA k<>+0x0e4(SB)/4, $0x78a5636f
DATA k<>+0x0e8(SB)/4, $0x84c87814
DATA k<>+0x0ec(SB)/4, $0x8cc70208
DATA k<>+0x0f0(SB)/4, $0x90befffa
DATA k<>+0x0f4(SB)/4, $0xa4506ceb
DATA k<>+0x0f8(SB)/4, $0xbef9a3f7
DATA k<>+0x0fc(SB)/4, $0xc67178f2
GLOBL k<>(SB), RODATA|NOPTR, $256

// swap turns the bytes of each word around.
DATA swap<>+0x00(SB)/8, $0x0405060700010203
DATA swap<>+0x08(SB)/8, $0x0c0d0e0f08090a0b
DATA swap<>+0x10(SB)/8, $0x0405060700010203
DATA swap<>+0x18(SB)/8, $0x0c0d0e0f08090a0b
DATA swap<>+0x20(SB)/8, $0x0405060700010203
DATA swap<>+0x28(SB)/8, $0x0c0d0e0f08090a0b
DATA swap<>+0x30(SB)/8, $0x0405060700010203
DATA swap<>+0x38(SB)/8, $0x0c0d0e0f08090a0b
GLOBL swap<>(SB), RODATA|NOPTR, $64

// ROUND is one round. h becomes the next a, d the next e: the caller turns the
// names instead of the registers.
#define ROUND(a, b, c, d, e, f, g, h, w, i) \
	VPADDD      w, h, h;               \
	VPRORD      $6, e, Z8;             \
	VPRORD      $11, e, Z9;            \
	VPRORD      $25, e, Z10;           \
	VMOVDQA32   e, Z11;                \
	VPADDD.BCST (i*4)(AX), h, h;       \
	VPTERNLOGD  $0x96, Z10, Z9, Z8;    \ // Σ1(e)
	VPTERNLOGD  $0xCA, g, f, Z11;      \ // Ch(e, f, g)
	VPADDD      Z8, Z11, Z11;          \
	VPRORD      $2, a, Z12;            \
	VPRORD      $13, a, Z13;           \
	VPADDD      Z11, h, h;             \ // T1
	VPRORD      $22, a, Z14;           \
	VMOVDQA32   a, Z15;                \
	VPADDD      h, d, d;               \
	VPTERNLOGD  $0x96, Z14, Z13, Z12;  \ // Σ0(a)
	VPTERNLOGD  $0xE8, c, b, Z15;      \ // Maj(a, b, c)
	VPADDD      Z12, h, h;             \
	VPADDD      Z15, h, h

// NEXT makes word t+16 of the schedule in the place of word t: w0 is word t, w1
// t+1, w9 t+9, w14 t+14.
#define NEXT(w0, w1, w9, w14) \
	VPRORD     $7, w1, Z8;          \
	VPRORD     $18, w1, Z9;         \
	VPSRLD     $3, w1, Z10;         \
	VPADDD     w9, w0, w0;          \
	VPRORD     $17, w14, Z11;       \
	VPRORD     $19, w14, Z12;       \
	VPTERNLOGD $0x96, Z10, Z9, Z8;  \ // σ0
	VPSRLD     $10, w14, Z13;       \
	VPADDD     Z8, w0, w0;          \
	VPTERNLOGD $0x96, Z13, Z12, Z11; \ // σ1
	VPADDD     Z11, w0, w0

// PAIR, QUAD and LANES are the steps of turning sixteen rows into sixteen columns.
#define PAIR(x, y, lo, hi) \
	VPUNPCKLDQ y, x, lo; \
	VPUNPCKHDQ y, x, hi

#define QUAD(x, y, lo, hi) \
	VPUNPCKLQDQ y, x, lo; \
	VPUNPCKHQDQ y, x, hi

#define LANES(immLow, immHigh, x, y, low, high) \
	VSHUFI32X4 immLow, y, x, low; \
	VSHUFI32X4 immHigh, y, x, high

// LOAD takes the next block of one message, its words turned around.
#define LOAD(n, z) \
	MOVQ      (n*8)(SI), R9; \
	VMOVDQU32 (R8)(R9*1), z; \
	VPSHUFB   Z8, z, z

// BEGIN puts one word of the first state in every lane.
#define BEGIN(n) \
	VPBROADCASTD (n*4)(DX), Z0; \
	VMOVDQU32    Z0, state-(512-n*64)(SP)

// PUT stores the digests of the messages j, 4+j, 8+j and 12+j: their words a to d
// lie in the four lanes of x, e to h in those of y.
#define PUT(j, x, y) \
	VEXTRACTI32X4 $0, x, (j*32)(DI);      \
	VEXTRACTI32X4 $0, y, (j*32+16)(DI);   \
	VEXTRACTI32X4 $1, x, (j*32+128)(DI);  \
	VEXTRACTI32X4 $1, y, (j*32+144)(DI);  \
	VEXTRACTI32X4 $2, x, (j*32+256)(DI);  \
	VEXTRACTI32X4 $2, y, (j*32+272)(DI);  \
	VEXTRACTI32X4 $3, x, (j*32+384)(DI);  \
	VEXTRACTI32X4 $3, y, (j*32+400)(DI)

// func sums(dst *[lanes][32]byte, first *[8]uint32, base *byte, at *[lanes]int, n int)
TEXT ·sums(SB), 0, $512-40
	MOVQ first+8(FP), DX
	MOVQ base+16(FP), R8
	MOVQ at+24(FP), SI
	MOVQ n+32(FP), CX
	LEAQ k<>(SB), AX
	BEGIN(0)
	BEGIN(1)
	BEGIN(2)
	BEGIN(3)
	BEGIN(4)
	BEGIN(5)
	BEGIN(6)
	BEGIN(7)

loop:
	VMOVDQU32 swap<>(SB), Z8
	LOAD(0, Z16)
	LOAD(1, Z17)
	LOAD(2, Z18)
	LOAD(3, Z19)
	LOAD(4, Z20)
	LOAD(5, Z21)
	LOAD(6, Z22)
	LOAD(7, Z23)
	LOAD(8, Z24)
	LOAD(9, Z25)
	LOAD(10, Z26)
	LOAD(11, Z27)
	LOAD(12, Z28)
	LOAD(13, Z29)
	LOAD(14, Z30)
	LOAD(15, Z31)

	PAIR(Z16, Z17, Z0, Z1)
	PAIR(Z18, Z19, Z2, Z3)
	PAIR(Z20, Z21, Z4, Z5)
	PAIR(Z22, Z23, Z6, Z7)
	PAIR(Z24, Z25, Z8, Z9)
	PAIR(Z26, Z27, Z10, Z11)
	PAIR(Z28, Z29, Z12, Z13)
	PAIR(Z30, Z31, Z14, Z15)

	QUAD(Z0, Z2, Z16, Z17)
	QUAD(Z1, Z3, Z18, Z19)
	QUAD(Z4, Z6, Z20, Z21)
	QUAD(Z5, Z7, Z22, Z23)
	QUAD(Z8, Z10, Z24, Z25)
	QUAD(Z9, Z11, Z26, Z27)
	QUAD(Z12, Z14, Z28, Z29)
	QUAD(Z13, Z15, Z30, Z31)

	LANES($0x44, $0xEE, Z16, Z20, Z0, Z1)
	LANES($0x44, $0xEE, Z24, Z28, Z2, Z3)
	LANES($0x44, $0xEE, Z17, Z21, Z4, Z5)
	LANES($0x44, $0xEE, Z25, Z29, Z6, Z7)
	LANES($0x44, $0xEE, Z18, Z22, Z8, Z9)
	LANES($0x44, $0xEE, Z26, Z30, Z10, Z11)
	LANES($0x44, $0xEE, Z19, Z23, Z12, Z13)
	LANES($0x44, $0xEE, Z27, Z31, Z14, Z15)

	LANES($0x88, $0xDD, Z0, Z2, Z16, Z20)
	LANES($0x88, $0xDD, Z1, Z3, Z24, Z28)
	LANES($0x88, $0xDD, Z4, Z6, Z17, Z21)
	LANES($0x88, $0xDD, Z5, Z7, Z25, Z29)
	LANES($0x88, $0xDD, Z8, Z10, Z18, Z22)
	LANES($0x88, $0xDD, Z9, Z11, Z26, Z30)
	LANES($0x88, $0xDD, Z12, Z14, Z19, Z23)
	LANES($0x88, $0xDD, Z13, Z15, Z27, Z31)

	VMOVDQU32 state-512(SP), Z0
	VMOVDQU32 state-448(SP), Z1
	VMOVDQU32 state-384(SP), Z2
	VMOVDQU32 state-320(SP), Z3
	VMOVDQU32 state-256(SP), Z4
	VMOVDQU32 state-192(SP), Z5
	VMOVDQU32 state-128(SP), Z6
	VMOVDQU32 state-64(SP), Z7

	ROUND(Z0, Z1, Z2, Z3, Z4, Z5, Z6, Z7, Z16, 0)
	NEXT(Z16, Z17, Z25, Z30)
	ROUND(Z7, Z0, Z1, Z2, Z3, Z4, Z5, Z6, Z17, 1)
	NEXT(Z17, Z18, Z26, Z31)
	ROUND(Z6, Z7, Z0, Z1, Z2, Z3, Z4, Z5, Z18, 2)
	NEXT(Z18, Z19, Z27, Z16)
	ROUND(Z5, Z6, Z7, Z0, Z1, Z2, Z3, Z4, Z19, 3)
	NEXT(Z19, Z20, Z28, Z17)
	ROUND(Z4, Z5, Z6, Z7, Z0, Z1, Z2, Z3, Z20, 4)
	NEXT(Z20, Z21, Z29, Z18)
	ROUND(Z3, Z4, Z5, Z6, Z7, Z0, Z1, Z2, Z21, 5)
	NEXT(Z21, Z22, Z30, Z19)
	ROUND(Z2, Z3, Z4, Z5, Z6, Z7, Z0, Z1, Z22, 6)
	NEXT(Z22, Z23, Z31, Z20)
	ROUND(Z1, Z2, Z3, Z4, Z5, Z6, Z7, Z0, Z23, 7)
	NEXT(Z23, Z24, Z16, Z21)
	ROUND(Z0, Z1, Z2, Z3, Z4, Z5, Z6, Z7, Z24, 8)
	NEXT(Z24, Z25, Z17, Z22)
	ROUND(Z7, Z0, Z1, Z2, Z3, Z4, Z5, Z6, Z25, 9)
	NEXT(Z25, Z26, Z18, Z23)
	ROUND(Z6, Z7, Z0, Z1, Z2, Z3, Z4, Z5, Z26, 10)
	NEXT(Z26, Z27, Z19, Z24)
	ROUND(Z5, Z6, Z7, Z0, Z1, Z2, Z3, Z4, Z27, 11)
	NEXT(Z27, Z28, Z20, Z25)
	ROUND(Z4, Z5, Z6, Z7, Z0, Z1, Z2, Z3, Z28, 12)
	NEXT(Z28, Z29, Z21, Z26)
	ROUND(Z3, Z4, Z5, Z6, Z7, Z0, Z1, Z2, Z29, 13)
	NEXT(Z29, Z30, Z22, Z27)
	ROUND(Z2, Z3, Z4, Z5, Z6, Z7, Z0, Z1, Z30, 14)
	NEXT(Z30, Z31, Z23, Z28)
	ROUND(Z1, Z2, Z3, Z4, Z5, Z6, Z7, Z0, Z31, 15)
	NEXT(Z31, Z16, Z24, Z29)
	ROUND(Z0, Z1, Z2, Z3, Z4, Z5, Z6, Z7, Z16, 16)
	NEXT(Z16, Z17, Z25, Z30)
	ROUND(Z7, Z0, Z1, Z2, Z3, Z4, Z5, Z6, Z17, 17)
	NEXT(Z17, Z18, Z26, Z31)
	ROUND(Z6, Z7, Z0, Z1, Z2, Z3, Z4, Z5, Z18, 18)
	NEXT(Z18, Z19, Z27, Z16)
	ROUND(Z5, Z6, Z7, Z0, Z1, Z2, Z3, Z4, Z19, 19)
	NEXT(Z19, Z20, Z28, Z17)
	ROUND(Z4, Z5, Z6, Z7, Z0, Z1, Z2, Z3, Z20, 20)
	NEXT(Z20, Z21, Z29, Z18)
	ROUND(Z3, Z4, Z5, Z6, Z7, Z0, Z1, Z2, Z21, 21)
	NEXT(Z21, Z22, Z30, Z19)
	ROUND(Z2, Z3, Z4, Z5, Z6, Z7, Z0, Z1, Z22, 22)
	NEXT(Z22, Z23, Z31, Z20)
	ROUND(Z1, Z2, Z3, Z4, Z5, Z6, Z7, Z0, Z23, 23)
	NEXT(Z23, Z24, Z16, Z21)
	ROUND(Z0, Z1, Z2, Z3, Z4, Z5, Z6, Z7, Z24, 24)
	NEXT(Z24, Z25, Z17, Z22)
	ROUND(Z7, Z0, Z1, Z2, Z3, Z4, Z5, Z6, Z25, 25)
	NEXT(Z25, Z26, Z18, Z23)
	ROUND(Z6, Z7, Z0, Z1, Z2, Z3, Z4, Z5, Z26, 26)
	NEXT(Z26, Z27, Z19, Z24)
	ROUND(Z5, Z6, Z7, Z0, Z1, Z2, Z3, Z4, Z27, 27)
	NEXT(Z27, Z28, Z20, Z25)
	ROUND(Z4, Z5, Z6, Z7, Z0, Z1, Z2, Z3, Z28, 28)
	NEXT(Z28, Z29, Z21, Z26)
	ROUND(Z3, Z4, Z5, Z6, Z7, Z0, Z1, Z2, Z29, 29)
	NEXT(Z29, Z30, Z22, Z27)
	ROUND(Z2, Z3, Z4, Z5, Z6, Z7, Z0, Z1, Z30, 30)
	NEXT(Z30, Z31, Z23, Z28)
	ROUND(Z1, Z2, Z3, Z4, Z5, Z6, Z7, Z0, Z31, 31)
	NEXT(Z31, Z16, Z24, Z29)
	ROUND(Z0, Z1, Z2, Z3, Z4, Z5, Z6, Z7, Z16, 32)
	NEXT(Z16, Z17, Z25, Z30)
	ROUND(Z7, Z0, Z1, Z2, Z3, Z4, Z5, Z6, Z17, 33)
	NEXT(Z17, Z18, Z26, Z31)
	ROUND(Z6, Z7, Z0, Z1, Z2, Z3, Z4, Z5, Z18, 34)
	NEXT(Z18, Z19, Z27, Z16)
	ROUND(Z5, Z6, Z7, Z0, Z1, Z2, Z3, Z4, Z19, 35)
	NEXT(Z19, Z20, Z28, Z17)
	ROUND(Z4, Z5, Z6, Z7, Z0, Z1, Z2, Z3, Z20, 36)
	NEXT(Z20, Z21, Z29, Z18)
	ROUND(Z3, Z4, Z5, Z6, Z7, Z0, Z1, Z2, Z21, 37)
	NEXT(Z21, Z22, Z30, Z19)
	ROUND(Z2, Z3, Z4, Z5, Z6, Z7, Z0, Z1, Z22, 38)
	NEXT(Z22, Z23, Z31, Z20)
	ROUND(Z1, Z2, Z3, Z4, Z5, Z6, Z7, Z0, Z23, 39)
	NEXT(Z23, Z24, Z16, Z21)
	ROUND(Z0, Z1, Z2, Z3, Z4, Z5, Z6, Z7, Z24, 40)
	NEXT(Z24, Z25, Z17, Z22)
	ROUND(Z7, Z0, Z1, Z2, Z3, Z4, Z5, Z6, Z25, 41)
	NEXT(Z25, Z26, Z18, Z23)
	ROUND(Z6, Z7, Z0, Z1, Z2, Z3, Z4, Z5, Z26, 42)
	NEXT(Z26, Z27, Z19, Z24)
	ROUND(Z5, Z6, Z7, Z0, Z1, Z2, Z3, Z4, Z27, 43)
	NEXT(Z27, Z28, Z20, Z25)
	ROUND(Z4, Z5, Z6, Z7, Z0, Z1, Z2, Z3, Z28, 44)
	NEXT(Z28, Z29, Z21, Z26)
	ROUND(Z3, Z4, Z5, Z6, Z7, Z0, Z1, Z2, Z29, 45)
	NEXT(Z29, Z30, Z22, Z27)
	ROUND(Z2, Z3, Z4, Z5, Z6, Z7, Z0, Z1, Z30, 46)
	NEXT(Z30, Z31, Z23, Z28)
	ROUND(Z1, Z2, Z3, Z4, Z5, Z6, Z7, Z0, Z31, 47)
	NEXT(Z31, Z16, Z24, Z29)
	ROUND(Z0, Z1, Z2, Z3, Z4, Z5, Z6, Z7, Z16, 48)
	ROUND(Z7, Z0, Z1, Z2, Z3, Z4, Z5, Z6, Z17, 49)
	ROUND(Z6, Z7, Z0, Z1, Z2, Z3, Z4, Z5, Z18, 50)
	ROUND(Z5, Z6, Z7, Z0, Z1, Z2, Z3, Z4, Z19, 51)
	ROUND(Z4, Z5, Z6, Z7, Z0, Z1, Z2, Z3, Z20, 52)
	ROUND(Z3, Z4, Z5, Z6, Z7, Z0, Z1, Z2, Z21, 53)
	ROUND(Z2, Z3, Z4, Z5, Z6, Z7, Z0, Z1, Z22, 54)
	ROUND(Z1, Z2, Z3, Z4, Z5, Z6, Z7, Z0, Z23, 55)
	ROUND(Z0, Z1, Z2, Z3, Z4, Z5, Z6, Z7, Z24, 56)
	ROUND(Z7, Z0, Z1, Z2, Z3, Z4, Z5, Z6, Z25, 57)
	ROUND(Z6, Z7, Z0, Z1, Z2, Z3, Z4, Z5, Z26, 58)
	ROUND(Z5, Z6, Z7, Z0, Z1, Z2, Z3, Z4, Z27, 59)
	ROUND(Z4, Z5, Z6, Z7, Z0, Z1, Z2, Z3, Z28, 60)
	ROUND(Z3, Z4, Z5, Z6, Z7, Z0, Z1, Z2, Z29, 61)
	ROUND(Z2, Z3, Z4, Z5, Z6, Z7, Z0, Z1, Z30, 62)
	ROUND(Z1, Z2, Z3, Z4, Z5, Z6, Z7, Z0, Z31, 63)

	VPADDD    state-512(SP), Z0, Z0
	VMOVDQU32 Z0, state-512(SP)
	VPADDD    state-448(SP), Z1, Z1
	VMOVDQU32 Z1, state-448(SP)
	VPADDD    state-384(SP), Z2, Z2
	VMOVDQU32 Z2, state-384(SP)
	VPADDD    state-320(SP), Z3, Z3
	VMOVDQU32 Z3, state-320(SP)
	VPADDD    state-256(SP), Z4, Z4
	VMOVDQU32 Z4, state-256(SP)
	VPADDD    state-192(SP), Z5, Z5
	VMOVDQU32 Z5, state-192(SP)
	VPADDD    state-128(SP), Z6, Z6
	VMOVDQU32 Z6, state-128(SP)
	VPADDD    state-64(SP), Z7, Z7
	VMOVDQU32 Z7, state-64(SP)

	ADDQ $64, R8
	DECQ CX
	JNZ  loop

	MOVQ      dst+0(FP), DI
	VMOVDQU32 swap<>(SB), Z31
	VPSHUFB   Z31, Z0, Z0
	VPSHUFB   Z31, Z1, Z1
	VPSHUFB   Z31, Z2, Z2
	VPSHUFB   Z31, Z3, Z3
	VPSHUFB   Z31, Z4, Z4
	VPSHUFB   Z31, Z5, Z5
	VPSHUFB   Z31, Z6, Z6
	VPSHUFB   Z31, Z7, Z7

	PAIR(Z0, Z1, Z8, Z9)
	PAIR(Z2, Z3, Z10, Z11)
	PAIR(Z4, Z5, Z12, Z13)
	PAIR(Z6, Z7, Z14, Z15)
	QUAD(Z8, Z10, Z16, Z17)
	QUAD(Z9, Z11, Z18, Z19)
	QUAD(Z12, Z14, Z20, Z21)
	QUAD(Z13, Z15, Z22, Z23)
	PUT(0, Z16, Z20)
	PUT(1, Z17, Z21)
	PUT(2, Z18, Z22)
	PUT(3, Z19, Z23)
	VZEROUPPER
	RET
