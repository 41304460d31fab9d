// SPDX-License-Identifier: Apache-2.0

package query

// MaxStageRows is the largest number of rows that a stage can name.
const MaxStageRows = 1_000_000

// standardRows is how many rows head, tail, top and rare have that name no number.
const standardRows = 10

func (r *reader) sort() (Stage, error) {
	limit, err := r.limit(0)
	if err != nil {
		return nil, err
	}
	s := &SortStage{Limit: limit}
	for {
		r.blank()
		desc := r.take("-")
		if !desc {
			r.take("+")
		}
		name, err := r.column()
		if err != nil {
			return nil, err
		}
		if s.Keys = append(s.Keys, SortKey{Of: name, Desc: desc}); len(s.Keys) > MaxHuntFields {
			return nil, r.failf(r.at, CodeLimit, "more than %d columns", MaxHuntFields)
		}
		if !r.more() {
			return s, nil
		}
	}
}

func (r *reader) head(tail bool) (Stage, error) {
	n, err := r.limit(standardRows)
	return &HeadStage{Tail: tail, N: n}, err
}

func (r *reader) fields() (Stage, error) {
	r.blank()
	remove := r.take("-")
	if !remove {
		r.take("+")
	}
	names, err := r.columns()
	return &FieldsStage{Remove: remove, Columns: names}, err
}

func (r *reader) dedup() (Stage, error) {
	r.blank()
	from := r.at
	n, err := r.limit(1)
	if err != nil {
		return nil, err
	}
	if n == 0 {
		return nil, problemf(CodeBadValue, "dedup keeps at least 1 row").in(r.text, from, r.at)
	}
	names, err := r.columns()
	return &DedupStage{N: n, Keys: names}, err
}

func (r *reader) where() (Stage, error) {
	r.blank()
	from := r.at
	r.schema = r.schema.remembering()
	x, err := r.calc()
	if err != nil {
		return nil, err
	}
	if problem := checkCondition(x, r.schema); problem != nil {
		return nil, r.place(problem, from)
	}
	return &WhereStage{If: x}, nil
}

func (r *reader) eval() (Stage, error) {
	s := &EvalStage{}
	before := r.schema
	defer func() { r.schema = before }() // the stage itself sets it when it is whole
	for {
		name, err := r.name()
		if err != nil {
			return nil, err
		}
		if r.blank(); !r.take("=") {
			return nil, r.unexpected("an equals sign after " + name.String())
		}
		r.schema = r.schema.remembering()
		x, err := r.calc()
		if err != nil {
			return nil, err
		}
		t, problem := typeOf(x, r.schema)
		if problem != nil {
			return nil, r.place(problem, r.at)
		}
		r.schema, _ = r.schema.with(name, t)
		if s.Sets = append(s.Sets, Set{Name: name, Value: x}); len(s.Sets) > MaxHuntFields {
			return nil, r.failf(r.at, CodeLimit, "more than %d columns", MaxHuntFields)
		}
		if r.blank(); !r.take(",") {
			return s, nil
		}
	}
}

func (r *reader) rename() (Stage, error) {
	s := &RenameStage{}
	before := r.schema
	defer func() { r.schema = before }()
	for {
		r.blank()
		from := r.at
		old, err := r.column()
		if err != nil {
			return nil, err
		}
		if !r.stageWord("as") {
			return nil, r.unexpected("as and the new name of " + old.String())
		}
		name, err := r.name()
		if err != nil {
			return nil, err
		}
		n := Rename{Old: old, New: name}
		after, problem := r.schema.renamed(n)
		if problem != nil {
			return nil, r.place(problem, from)
		}
		r.schema = after
		if s.Names = append(s.Names, n); len(s.Names) > MaxHuntFields {
			return nil, r.failf(r.at, CodeLimit, "more than %d columns", MaxHuntFields)
		}
		if !r.more() {
			return s, nil
		}
	}
}
