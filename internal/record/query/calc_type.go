// SPDX-License-Identifier: Apache-2.0

package query

// typeOf returns what an expression gives over such columns, or why it cannot be; what
// the schema remembers is not looked for again.
func typeOf(x Calc, s schema) (Type, *SyntaxError) {
	if t, known := s.types[x]; known {
		return t, nil
	}
	t, problem := x.resultType(s)
	if problem == nil && s.types != nil {
		s.types[x] = t
	}
	return t, problem
}

func (x *Number) resultType(schema) (Type, *SyntaxError) { return TypeNumber, nil }

func (x *Quote) resultType(schema) (Type, *SyntaxError) { return TypeText, nil }

func (x *Column) resultType(s schema) (Type, *SyntaxError) {
	r, ok := s.find(x.Name)
	if !ok {
		return "", s.missing(x.Name)
	}
	return r.Type, nil
}

func (x *Call) resultType(s schema) (Type, *SyntaxError) {
	f, ok := functionNamed(x.Func)
	if !ok {
		return "", problemf(CodeUnknownFunction, "unknown function %q", x.Func)
	}
	if n := len(x.Args); n < f.least || n > f.most {
		return "", problemf(CodeBadType, "%s has %d arguments, and %s", f.name, n, f.wanted())
	}
	types := make([]Type, len(x.Args))
	for i, arg := range x.Args {
		var problem *SyntaxError
		if types[i], problem = typeOf(arg, s); problem != nil {
			return "", problem
		}
		if want := f.argument(i); !fitsType(types[i], want) {
			return "", problemf(CodeBadType, "argument %d of %s is %s, and it wants %s", i+1, f.name, types[i], want)
		}
	}
	if f.check != nil {
		if problem := f.check(x.Args); problem != nil {
			return "", problem
		}
	}
	if f.result == "" {
		return commonType(f.results(types)), nil
	}
	return f.result, nil
}

// fitsType tells whether a value of a type may be what is wanted. A text may turn out
// to be a number or a time, so only what can never be is refused.
func fitsType(is, want Type) bool {
	switch {
	case is == want, is == TypeAny, want == TypeAny, want == TypeText:
		return true
	case want == TypeTime:
		return is == TypeNumber
	default:
		return false
	}
}

// commonType is the type of a value that is of one of the types.
func commonType(types []Type) Type {
	for _, t := range types[1:] {
		if t != types[0] {
			return TypeAny
		}
	}
	return types[0]
}

// checkCondition is for what must be true or false.
func checkCondition(x Calc, s schema) *SyntaxError {
	t, problem := typeOf(x, s)
	if problem == nil && !fitsType(t, TypeBool) {
		problem = problemf(CodeBadType, "%s, where a condition should be", t)
	}
	return problem
}

func (x *Operation) resultType(s schema) (Type, *SyntaxError) {
	if !x.complete() {
		return "", problemf(CodeBadType, "%s with %d sides", x.Op, len(x.Of))
	}
	types := make([]Type, len(x.Of))
	for i, of := range x.Of {
		var problem *SyntaxError
		if types[i], problem = typeOf(of, s); problem != nil {
			return "", problem
		}
	}
	switch {
	case x.Op == keywordAnd || x.Op == keywordOr || x.Op == keywordNot:
		for _, t := range types {
			if !fitsType(t, TypeBool) {
				return "", problemf(CodeBadType, "%s beside %s, where a condition should be", t, x.Op)
			}
		}
		return TypeBool, nil
	case x.Op == ".":
		return TypeText, nil
	case isOrder(x.Op) && len(types) == 2:
		return TypeBool, x.comparable(types)
	case len(types) == 2 && types[0] == TypeTime && types[1] == TypeTime && x.Op == "-":
		return TypeNumber, nil
	case len(types) == 2 && types[0] == TypeTime && fitsType(types[1], TypeNumber) && (x.Op == "+" || x.Op == "-"):
		if types[1] == TypeAny {
			return TypeAny, nil
		}
		return TypeTime, nil
	}
	for _, t := range types {
		if !fitsType(t, TypeNumber) {
			problem := problemf(CodeBadType, "%s beside %s, which wants numbers", t, x.Op)
			if x.Op == "+" && t == TypeText {
				problem.Suggestion = "."
			}
			return "", problem
		}
	}
	if types[0] == TypeAny && (x.Op == "+" || x.Op == "-") && len(types) == 2 {
		return TypeAny, nil // it may be a time
	}
	return TypeNumber, nil
}

// complete tells whether an operator has as many sides as it wants.
func (x *Operation) complete() bool {
	switch x.Op {
	case keywordAnd, keywordOr:
		return len(x.Of) > 1
	case keywordNot:
		return len(x.Of) == 1
	case "-":
		return len(x.Of) == 1 || len(x.Of) == 2
	case "+", ".", "*", "/", "%":
		return len(x.Of) == 2
	default:
		return isOrder(x.Op) && len(x.Of) == 2
	}
}

// comparable refuses comparisons that can never hold.
func (x *Operation) comparable(types []Type) *SyntaxError {
	for i, t := range types {
		text, isText := x.Of[1-i].(*Quote)
		switch {
		case t == TypeSeverity && isText:
			_, problem := severityLiteral(text.Text)
			return problem
		case t == TypeTime && isText:
			_, _, problem := timeLiteral(fieldTime, text.Text)
			return problem
		case t == TypeNumber && isText:
			if _, ok := parseDecimal(text.Text); !ok {
				return problemf(CodeBadValue, "a number is compared with %.60q, which is none", text.Text)
			}
		case t == TypeSeverity && types[1-i] == TypeNumber:
			return problemf(CodeBadType, "a severity is compared with a number; %s is its number", severityNumber)
		case t == TypeSeverity && isSeverityName(x.Of[1-i]):
			name := x.Of[1-i].(*Column).Name
			problem := problemf(CodeBadType, "%s is a column here", name)
			problem.Suggestion = quoteText(string(name))
			return problem
		}
	}
	return nil
}

func isSeverityName(x Calc) bool {
	c, ok := x.(*Column)
	if !ok {
		return false
	}
	_, problem := severityLiteral(string(c.Name))
	return problem == nil
}
