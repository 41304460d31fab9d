// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"encoding/json"
	"fmt"

	"go.yaml.in/yaml/v3"
)

// Health implements GET /healthz.
func (a *API) Health(context.Context, HealthRequestObject) (HealthResponseObject, error) {
	return Health200JSONResponse(Health{Status: HealthStatusOk, Components: []Component{}}), nil
}

// Ready implements GET /readyz.
func (a *API) Ready(ctx context.Context, _ ReadyRequestObject) (ReadyResponseObject, error) {
	health := Health{Status: HealthStatusOk}
	if a.opts.Ready != nil {
		health = a.opts.Ready(ctx)
	}
	health.Components = notNil(health.Components)
	if health.Status == HealthStatusOk {
		return Ready200JSONResponse(health), nil
	}
	retry := 1
	return Ready503JSONResponse{Body: health, Headers: Ready503ResponseHeaders{RetryAfter: &retry}}, nil
}

// specJSON turns the embedded description into JSON.
func specJSON(text string) ([]byte, error) {
	var tree any
	if err := yaml.Unmarshal([]byte(text), &tree); err != nil {
		return nil, fmt.Errorf("api: openapi.yaml: %w", err)
	}
	out, err := json.Marshal(tree)
	if err != nil {
		return nil, fmt.Errorf("api: openapi.yaml: %w", err)
	}
	return out, nil
}
