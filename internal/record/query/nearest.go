// SPDX-License-Identifier: Apache-2.0

package query

// maxNearBytes is the longest word for which something near is looked for: the work
// grows with the square of it.
const maxNearBytes = 40

// nearest returns the candidate with the fewest changes from word, "" when none
// comes near: one change for words of up to four letters, else up to a third.
func nearest(word string, candidates []string) string {
	if len(word) > maxNearBytes {
		return ""
	}
	folded := []rune(Fold(word))
	best, least := "", max(1, len(folded)/3)+1
	for _, c := range candidates {
		if len(c) > maxNearBytes {
			continue
		}
		if n := distance(folded, []rune(Fold(c))); n < least {
			best, least = c, n
		}
	}
	return best
}

// distance counts the letters to insert, remove, replace or swap with the next one
// (optimal string alignment, a form of the Damerau-Levenshtein distance).
func distance(a, b []rune) int {
	before, last := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row := make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			change := 1
			if a[i-1] == b[j-1] {
				change = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}
