// SPDX-License-Identifier: Apache-2.0

package normalize

import "slices"

// manyKeys is the number of names from which an object's names go into a map.
const manyKeys = 48

// keyset finds a name that an object has twice. Small objects cost a few
// comparisons, large ones a map, so that no object costs the square of its size.
type keyset struct {
	base int
	seen uint64
	big  map[string]struct{}
}

// add reports whether the name is new. stack holds the names of all open
// objects, this one's from k.base on.
func (k *keyset) add(stack *[]string, name string) bool {
	if k.big != nil {
		if _, twice := k.big[name]; twice {
			return false
		}
		k.big[name] = struct{}{}
		return true
	}
	bit := nameBit(name)
	if k.seen&bit != 0 && slices.Contains((*stack)[k.base:], name) {
		return false
	}
	k.seen |= bit
	*stack = append(*stack, name)
	if own := (*stack)[k.base:]; len(own) > manyKeys {
		k.big = make(map[string]struct{}, 4*manyKeys)
		for _, other := range own {
			k.big[other] = struct{}{}
		}
	}
	return true
}

// nameBit maps a name to one of 64 bits by its length and three of its bytes.
func nameBit(name string) uint64 {
	n := uint(len(name))
	if n == 0 {
		return 1
	}
	h := n*0x9e3779b1 + uint(name[0])*0x85ebca6b + uint(name[n-1])*0xc2b2ae35 + uint(name[n/2])*0x27d4eb2f
	return 1 << (h >> 7 & 63)
}
