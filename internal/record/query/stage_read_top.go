// SPDX-License-Identifier: Apache-2.0

package query

func (r *reader) top(rare bool) (Stage, error) {
	limit, err := r.limit(standardRows)
	if err != nil {
		return nil, err
	}
	s := &TopStage{Rare: rare, Limit: limit}
	if s.Fields, err = r.columns(); err != nil {
		return nil, err
	}
	s.By, err = r.by()
	return s, err
}
