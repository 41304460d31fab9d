// SPDX-License-Identifier: Apache-2.0

package rule

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
)

// maxConditionDepth bounds parentheses and nots.
const maxConditionDepth = 64

// parseCondition reads a Sigma condition: NOT binds before AND before OR.
//
//	or   = and {"or" and}
//	and  = not {"and" not}
//	not  = "not" not | "(" or ")" | ("1"|"any"|"all") "of" (pattern|"them") | name
func parseCondition(text string, searches map[string]*expr) (*expr, error) {
	p := &conditionParser{words: conditionWords(text), searches: searches}
	x, err := p.or(0)
	if err != nil {
		return nil, err
	}
	if word := p.peek(); word != "" {
		return nil, fmt.Errorf("condition: unexpected %q", word)
	}
	return x, nil
}

func conditionWords(text string) []string {
	text = strings.NewReplacer("(", " ( ", ")", " ) ").Replace(text)
	return strings.Fields(text)
}

type conditionParser struct {
	words    []string
	searches map[string]*expr
}

func (p *conditionParser) peek() string {
	if len(p.words) == 0 {
		return ""
	}
	return p.words[0]
}

func (p *conditionParser) next() string {
	word := p.peek()
	if word != "" {
		p.words = p.words[1:]
	}
	return word
}

// chain reads operands joined by one operator.
func (p *conditionParser) chain(depth int, operator string, o op, operand func(int) (*expr, error)) (*expr, error) {
	x, err := operand(depth)
	if err != nil {
		return nil, err
	}
	kids := []*expr{x}
	for strings.EqualFold(p.peek(), operator) {
		p.next()
		if x, err = operand(depth); err != nil {
			return nil, err
		}
		kids = append(kids, x)
	}
	return join(o, kids), nil
}

func (p *conditionParser) or(depth int) (*expr, error) { return p.chain(depth, "or", opOr, p.and) }

func (p *conditionParser) and(depth int) (*expr, error) { return p.chain(depth, "and", opAnd, p.not) }

func (p *conditionParser) not(depth int) (*expr, error) {
	if depth > maxConditionDepth {
		return nil, fmt.Errorf("condition: nested deeper than %d", maxConditionDepth)
	}
	word := p.next()
	switch strings.ToLower(word) {
	case "":
		return nil, errors.New("condition: ends where a search is expected")
	case "not":
		x, err := p.not(depth + 1)
		if err != nil {
			return nil, err
		}
		return &expr{op: opNot, kids: []*expr{x}}, nil
	case "(":
		x, err := p.or(depth + 1)
		if err != nil {
			return nil, err
		}
		if p.next() != ")" {
			return nil, errors.New("condition: a closing parenthesis is missing")
		}
		return x, nil
	case "1", "any", "all":
		if strings.EqualFold(p.peek(), "of") {
			p.next()
			return p.of(strings.EqualFold(word, "all"))
		}
	}
	if x, ok := p.searches[word]; ok {
		return x, nil
	}
	return nil, fmt.Errorf("condition: there is no search %q", word)
}

// of joins the searches whose names match a pattern; "them" are all whose names
// do not begin with an underscore.
func (p *conditionParser) of(all bool) (*expr, error) {
	pattern := p.next()
	if pattern == "" {
		return nil, errors.New("condition: a name is missing after \"of\"")
	}
	var names []string
	for name := range p.searches {
		if pattern == "them" && !strings.HasPrefix(name, "_") {
			names = append(names, name)
		} else if ok, err := path.Match(pattern, name); err == nil && ok {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("condition: no search is named like %q", pattern)
	}
	slices.Sort(names)
	kids := make([]*expr, 0, len(names))
	for _, name := range names {
		kids = append(kids, p.searches[name])
	}
	if all {
		return join(opAnd, kids), nil
	}
	return join(opOr, kids), nil
}
