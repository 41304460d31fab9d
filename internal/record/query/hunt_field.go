// SPDX-License-Identifier: Apache-2.0

package query

// makeCompare makes the condition of a field, an operator and one or more values.
// Some names mean more than a field, unless they are quoted.
func makeCompare(f Field, op Op, values []Literal, quotedName bool) (Expr, *SyntaxError) {
	if !quotedName {
		switch Fold(string(f)) {
		case "index":
			return makeIndex(op, values)
		case "exists":
			return makeExists(op, values)
		case "earliest":
			return makeBound(f, Ge, op, values)
		case "latest":
			return makeBound(f, Lt, op, values)
		}
	}
	if len(values) > 1 {
		x := &In{Field: f, Values: values}
		for _, v := range values {
			t, problem := compareTest(f, Eq, v)
			if problem != nil {
				return nil, problem
			}
			x.tests = append(x.tests, t)
		}
		return x, nil
	}
	t, problem := compareTest(f, op, values[0])
	if problem != nil {
		return nil, problem
	}
	return &Compare{Field: f, Op: op, Value: values[0], test: t}, nil
}

// specialName tells whether a name that is not quoted means more than a field.
func specialName(name string) bool {
	switch Fold(name) {
	case "index", "exists", "earliest", "latest":
		return true
	default:
		return false
	}
}

// makeIndex: index=NAME, which holds for events that name none.
func makeIndex(op Op, values []Literal) (Expr, *SyntaxError) {
	if op != Eq && op != Ne {
		return nil, problemf(CodeBadType, "an index has no order that %s could ask for", op)
	}
	var list []Expr
	for _, v := range values {
		list = append(list, &Index{Name: v, Not: op == Ne})
	}
	return anyOf(list), nil
}

// makeExists: exists:FIELD.
func makeExists(op Op, values []Literal) (Expr, *SyntaxError) {
	var list []Expr
	for _, v := range values {
		name, plain := v.Text()
		if op != Eq || !plain || name == "" {
			return nil, problemf(CodeBadValue, "exists is followed by a colon and the name of a field")
		}
		list = append(list, &Exists{Field: Field(name)})
	}
	return anyOf(list), nil
}

// makeBound: earliest=T is time>=T, latest=T is time<T.
func makeBound(name Field, bound, op Op, values []Literal) (Expr, *SyntaxError) {
	if op != Eq || len(values) > 1 {
		return nil, problemf(CodeBadValue, "%s is followed by an equals sign and one time", string(name))
	}
	t, problem := compareTest(fieldTime, bound, values[0])
	if problem != nil {
		return nil, problem
	}
	return &Compare{Field: fieldTime, Op: bound, Value: values[0], test: t}, nil
}
