// SPDX-License-Identifier: Apache-2.0

package query

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxChain is the most operations of one rank in a row: each is a level of the tree.
const maxChain = 100

// calc reads an expression. AND and OR side by side need parentheses: in other
// languages one of them binds closer, and not the same one everywhere.
func (r *reader) calc() (Calc, error) {
	defer func() { r.depth-- }()
	if err := r.deeper(); err != nil {
		return nil, err
	}
	r.blank()
	start := r.at
	var op string
	var of []Calc
	for {
		x, err := r.calcNot()
		if err != nil {
			return nil, err
		}
		of = append(of, x)
		from := r.at
		next := ""
		for _, word := range []string{keywordAnd, keywordOr} {
			if next == "" && r.stageWord(word) {
				next = word
			}
		}
		switch {
		case next == "" && len(of) == 1:
			return of[0], nil
		case next == "":
			return r.checked(&Operation{Op: op, Of: of}, start)
		case op != "" && op != next:
			return nil, r.failf(from, CodeUnexpected, "AND and OR side by side; put parentheses around those that belong together")
		}
		op = next
	}
}

func (r *reader) calcNot() (Calc, error) {
	if !r.stageWord(keywordNot) {
		return r.calcOrder()
	}
	defer func() { r.depth-- }()
	if err := r.deeper(); err != nil {
		return nil, err
	}
	r.blank()
	from := r.at
	x, err := r.calcNot()
	if err != nil {
		return nil, err
	}
	return r.checked(&Operation{Op: keywordNot, Of: []Calc{x}}, from)
}

func (r *reader) calcOrder() (Calc, error) {
	left, err := r.calcSum()
	if err != nil {
		return nil, err
	}
	from := r.at
	switch {
	case r.stageWord(keywordIn):
		return r.call("in", []Calc{left})
	case r.stageWord("like"):
		right, err := r.calcSum()
		if err != nil {
			return nil, err
		}
		return r.checked(&Call{Func: "like", Args: []Calc{left, right}}, from)
	}
	for _, op := range []Op{Ne, Le, Ge, Lt, Gt, Eq} {
		if !r.take(string(op)) {
			continue
		}
		if op == Eq {
			r.take("=") // == is =
		}
		r.blank()
		from = r.at
		right, err := r.calcSum()
		if err != nil {
			return nil, err
		}
		return r.checked(&Operation{Op: string(op), Of: []Calc{left, right}}, from)
	}
	return left, nil
}

func (r *reader) calcSum() (Calc, error) { return r.chain("+-.", r.calcProduct) }

func (r *reader) calcProduct() (Calc, error) { return r.chain("*/%", r.calcSign) }

// chain reads operations of one rank from left to right.
func (r *reader) chain(operators string, operand func() (Calc, error)) (Calc, error) {
	x, err := operand()
	n := 0
	for err == nil {
		r.blank()
		from := r.at
		if r.done() || strings.IndexByte(operators, r.text[r.at]) < 0 {
			return x, nil
		}
		r.at++
		if n++; n > maxChain {
			return nil, r.failf(from, CodeLimit, "more than %d operations in a row", maxChain)
		}
		op := r.text[from:r.at]
		var right Calc
		if right, err = operand(); err == nil {
			x, err = r.checkedAt(&Operation{Op: op, Of: []Calc{x, right}}, from, from+1)
		}
	}
	return nil, err
}

func (r *reader) calcSign() (Calc, error) {
	r.blank()
	from := r.at
	if !r.take("-") {
		return r.calcOne()
	}
	defer func() { r.depth-- }()
	if err := r.deeper(); err != nil {
		return nil, err
	}
	x, err := r.calcSign()
	if err != nil {
		return nil, err
	}
	return r.checkedAt(&Operation{Op: "-", Of: []Calc{x}}, from, from+1)
}

func (r *reader) calcOne() (Calc, error) {
	if err := r.term(); err != nil {
		return nil, err
	}
	from := r.at
	switch c := r.peek(); {
	case c == '(':
		r.at++
		x, err := r.calc()
		if err != nil {
			return nil, err
		}
		if r.blank(); !r.take(")") {
			return nil, problemf(CodeUnclosed, "the parenthesis is not closed").in(r.text, from, from+1)
		}
		return x, nil
	case c == '"':
		inner, err := r.quoted('"')
		return &Quote{Text: unescape(inner, `"`)}, err
	case c == '\'':
		name, err := r.name()
		if err != nil {
			return nil, err
		}
		return r.checked(&Column{Name: name}, from)
	case '0' <= c && c <= '9':
		text := r.numeral()
		if _, ok := parseDecimal(text); !ok {
			return nil, r.failf(from, CodeBadValue, "%.40q is no number", text)
		}
		return &Number{Text: text}, nil
	}
	name := r.identifier()
	switch {
	case name == "" || isKeyword(strings.ToUpper(name)) && (Fold(name) != "in" || r.peek() != '('):
		r.at = from
		return nil, r.unexpected("a column, number, \"text\" or function")
	case r.peek() == '(':
		return r.call(name, nil)
	case isConstant(name):
		problem := problemf(CodeUnexpected, "%q is a function", name)
		problem.Suggestion = Fold(name) + "()"
		return nil, r.place(problem, from)
	default:
		return r.checked(&Column{Name: Field(name)}, from)
	}
}

func isConstant(name string) bool {
	switch Fold(name) {
	case "true", "false", "null", "now":
		return true
	default:
		return false
	}
}

// numeral reads digits, a point with digits and an exponent.
func (r *reader) numeral() string {
	from := r.at
	for i, c := range r.rest() {
		sign := (c == '-' || c == '+') && i > 0 && strings.IndexByte("eE", r.rest()[i-1]) >= 0
		if c != '.' && !sign && !isWord(c) {
			r.at += i
			return r.text[from:r.at]
		}
	}
	r.at = len(r.text)
	return r.text[from:]
}

// identifier reads a name without quotes; a dot belongs to it when more follows.
func (r *reader) identifier() string {
	from := r.at
	for !r.done() {
		c, size := utf8.DecodeRuneInString(r.rest())
		after, _ := utf8.DecodeRuneInString(r.text[r.at+size:])
		inner := r.at > from && (c == '$' || unicode.IsDigit(c) || c == '.' && isWord(after))
		if !inner && c != '@' && (!isWord(c) || unicode.IsDigit(c)) {
			break
		}
		r.at += size
	}
	return r.text[from:r.at]
}

// call reads the arguments of a function.
func (r *reader) call(name string, args []Calc) (Calc, error) {
	from, end := r.at-len(name), r.at
	defer func() { r.depth-- }()
	if err := r.deeper(); err != nil {
		return nil, err
	}
	f, known := functionNamed(name)
	if !known {
		problem := problemf(CodeUnknownFunction, "unknown function %q", name).near(name, functionNames())
		return nil, problem.in(r.text, from, end)
	}
	if r.blank(); !r.take("(") {
		return nil, r.unexpected("an opening parenthesis")
	}
	for first := true; ; first = false {
		r.blank()
		if r.take(")") {
			break
		}
		if !first && !r.take(",") {
			return nil, r.unexpected("a comma or a closing parenthesis")
		}
		x, err := r.calc()
		if err != nil {
			return nil, err
		}
		args = append(args, x)
	}
	return r.checkedAt(&Call{Func: f.name, Args: args}, from, end)
}

// checked judges the types of an expression; what is wrong stands from from to here.
func (r *reader) checked(x Calc, from int) (Calc, error) { return r.checkedAt(x, from, r.at) }

func (r *reader) checkedAt(x Calc, from, to int) (Calc, error) {
	if call, ok := x.(*Call); ok && usesRegex(call) {
		if r.regexes++; r.regexes > MaxRegexes {
			return nil, problemf(CodeLimit, "more than %d regular expressions", MaxRegexes).in(r.text, from, to)
		}
	}
	if _, problem := typeOf(x, r.schema); problem != nil {
		return nil, problem.in(r.text, from, to)
	}
	return x, nil
}
