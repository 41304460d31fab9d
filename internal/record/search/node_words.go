// SPDX-License-Identifier: Apache-2.0

package search

import (
	"github.com/tocsin-siem/tocsin/internal/record/query"
	"github.com/tocsin-siem/tocsin/internal/record/segment"
)

// pattern is a regular expression as a needle. It matches no empty text.
type pattern struct {
	required *query.Term // stands wherever it is found; nil when there is no such text
	re       interface {
		MatchString(string) bool
		Match([]byte) bool
	}
}

func (p *pattern) In(s string) bool      { return p.re.MatchString(s) }
func (p *pattern) InBytes(b []byte) bool { return p.re.Match(b) }

// wordNode looks for a word, or a regular expression, in all texts.
type wordNode struct {
	v    *view
	test termTest
	dear int
}

// wordNode makes one ready; words are those that a text with it has for sure.
func (v *view) wordNode(n needle, words []string, cost int) (node, error) {
	test, err := v.termTest(n, words)
	if err != nil {
		return nil, err
	}
	w := &wordNode{v: v, test: test, dear: cost}
	for page := range segment.Pages(v.r) {
		if w.may(page) {
			return w, nil
		}
	}
	return never{}, nil
}

func (n *wordNode) cost() int { return n.dear }

func (n *wordNode) may(page int) bool { return n.test.may(page) }

func (n *wordNode) find(page int, rows, found *segment.Bits) error {
	if !n.may(page) {
		return nil
	}
	var some segment.Bits
	if err := n.v.findTerm(&n.test, page, rows, &some); err != nil {
		return err
	}
	some.And(rows)
	found.Or(&some)
	return nil
}
