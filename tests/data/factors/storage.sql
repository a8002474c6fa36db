CREATE TYPE public.studydirection AS ENUM (
    'NOT_SET',
    'MINIMIZE',
    'MAXIMIZE'
);
CREATE TYPE public.trialintermediatevaluetype AS ENUM (
    'FINITE',
    'INF_POS',
    'INF_NEG',
    'NAN'
);
CREATE TYPE public.trialstate AS ENUM (
    'RUNNING',
    'COMPLETE',
    'PRUNED',
    'FAIL',
    'WAITING'
);
CREATE TYPE public.trialvaluetype AS ENUM (
    'FINITE',
    'INF_POS',
    'INF_NEG'
);
CREATE TABLE public.alembic_version (
    version_num character varying(32) NOT NULL
);
CREATE TABLE public.studies (
    study_id integer NOT NULL,
    study_name character varying(512) NOT NULL
);
CREATE SEQUENCE public.studies_study_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.studies_study_id_seq OWNED BY public.studies.study_id;
CREATE TABLE public.study_directions (
    study_direction_id integer NOT NULL,
    direction public.studydirection NOT NULL,
    study_id integer NOT NULL,
    objective integer NOT NULL
);
CREATE SEQUENCE public.study_directions_study_direction_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.study_directions_study_direction_id_seq OWNED BY public.study_directions.study_direction_id;
CREATE TABLE public.study_system_attributes (
    study_system_attribute_id integer NOT NULL,
    study_id integer,
    key character varying(512),
    value_json text
);
CREATE SEQUENCE public.study_system_attributes_study_system_attribute_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.study_system_attributes_study_system_attribute_id_seq OWNED BY public.study_system_attributes.study_system_attribute_id;
CREATE TABLE public.study_user_attributes (
    study_user_attribute_id integer NOT NULL,
    study_id integer,
    key character varying(512),
    value_json text
);
CREATE SEQUENCE public.study_user_attributes_study_user_attribute_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.study_user_attributes_study_user_attribute_id_seq OWNED BY public.study_user_attributes.study_user_attribute_id;
CREATE TABLE public.studyhall_budget (
    study_id integer NOT NULL,
    key character varying(32) NOT NULL,
    trials integer NOT NULL,
    timeout double precision,
    max_failures integer NOT NULL,
    workers integer DEFAULT 0 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);
CREATE SEQUENCE public.studyhall_budget_study_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.studyhall_budget_study_id_seq OWNED BY public.studyhall_budget.study_id;
CREATE TABLE public.studyhall_lease (
    token character varying(32) NOT NULL,
    study_id integer NOT NULL,
    trial_id integer NOT NULL,
    attempt integer NOT NULL,
    deaths integer DEFAULT 0 NOT NULL,
    reported integer DEFAULT 0 NOT NULL,
    handed_back boolean DEFAULT false NOT NULL,
    trouble character varying(600) DEFAULT ''::character varying NOT NULL,
    worker character varying(200) NOT NULL,
    device character varying(100) NOT NULL,
    packages text DEFAULT '{}'::text NOT NULL,
    renewed_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL
);
CREATE TABLE public.studyhall_schema (
    version integer NOT NULL
);
CREATE TABLE public.trial_heartbeats (
    trial_heartbeat_id integer NOT NULL,
    trial_id integer NOT NULL,
    heartbeat timestamp without time zone NOT NULL
);
CREATE SEQUENCE public.trial_heartbeats_trial_heartbeat_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.trial_heartbeats_trial_heartbeat_id_seq OWNED BY public.trial_heartbeats.trial_heartbeat_id;
CREATE TABLE public.trial_intermediate_values (
    trial_intermediate_value_id integer NOT NULL,
    trial_id integer NOT NULL,
    step integer NOT NULL,
    intermediate_value double precision,
    intermediate_value_type public.trialintermediatevaluetype NOT NULL
);
CREATE SEQUENCE public.trial_intermediate_values_trial_intermediate_value_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.trial_intermediate_values_trial_intermediate_value_id_seq OWNED BY public.trial_intermediate_values.trial_intermediate_value_id;
CREATE TABLE public.trial_params (
    param_id integer NOT NULL,
    trial_id integer,
    param_name character varying(512),
    param_value double precision,
    distribution_json text
);
CREATE SEQUENCE public.trial_params_param_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.trial_params_param_id_seq OWNED BY public.trial_params.param_id;
CREATE TABLE public.trial_system_attributes (
    trial_system_attribute_id integer NOT NULL,
    trial_id integer,
    key character varying(512),
    value_json text
);
CREATE SEQUENCE public.trial_system_attributes_trial_system_attribute_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.trial_system_attributes_trial_system_attribute_id_seq OWNED BY public.trial_system_attributes.trial_system_attribute_id;
CREATE TABLE public.trial_user_attributes (
    trial_user_attribute_id integer NOT NULL,
    trial_id integer,
    key character varying(512),
    value_json text
);
CREATE SEQUENCE public.trial_user_attributes_trial_user_attribute_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.trial_user_attributes_trial_user_attribute_id_seq OWNED BY public.trial_user_attributes.trial_user_attribute_id;
CREATE TABLE public.trial_values (
    trial_value_id integer NOT NULL,
    trial_id integer NOT NULL,
    objective integer NOT NULL,
    value double precision,
    value_type public.trialvaluetype NOT NULL
);
CREATE SEQUENCE public.trial_values_trial_value_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.trial_values_trial_value_id_seq OWNED BY public.trial_values.trial_value_id;
CREATE TABLE public.trials (
    trial_id integer NOT NULL,
    number integer,
    study_id integer,
    state public.trialstate NOT NULL,
    datetime_start timestamp without time zone,
    datetime_complete timestamp without time zone
);
CREATE SEQUENCE public.trials_trial_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.trials_trial_id_seq OWNED BY public.trials.trial_id;
CREATE TABLE public.version_info (
    version_info_id integer NOT NULL,
    schema_version integer,
    library_version character varying(256),
    CONSTRAINT version_info_version_info_id_check CHECK ((version_info_id = 1))
);
ALTER TABLE ONLY public.studies ALTER COLUMN study_id SET DEFAULT nextval('public.studies_study_id_seq'::regclass);
ALTER TABLE ONLY public.study_directions ALTER COLUMN study_direction_id SET DEFAULT nextval('public.study_directions_study_direction_id_seq'::regclass);
ALTER TABLE ONLY public.study_system_attributes ALTER COLUMN study_system_attribute_id SET DEFAULT nextval('public.study_system_attributes_study_system_attribute_id_seq'::regclass);
ALTER TABLE ONLY public.study_user_attributes ALTER COLUMN study_user_attribute_id SET DEFAULT nextval('public.study_user_attributes_study_user_attribute_id_seq'::regclass);
ALTER TABLE ONLY public.studyhall_budget ALTER COLUMN study_id SET DEFAULT nextval('public.studyhall_budget_study_id_seq'::regclass);
ALTER TABLE ONLY public.trial_heartbeats ALTER COLUMN trial_heartbeat_id SET DEFAULT nextval('public.trial_heartbeats_trial_heartbeat_id_seq'::regclass);
ALTER TABLE ONLY public.trial_intermediate_values ALTER COLUMN trial_intermediate_value_id SET DEFAULT nextval('public.trial_intermediate_values_trial_intermediate_value_id_seq'::regclass);
ALTER TABLE ONLY public.trial_params ALTER COLUMN param_id SET DEFAULT nextval('public.trial_params_param_id_seq'::regclass);
ALTER TABLE ONLY public.trial_system_attributes ALTER COLUMN trial_system_attribute_id SET DEFAULT nextval('public.trial_system_attributes_trial_system_attribute_id_seq'::regclass);
ALTER TABLE ONLY public.trial_user_attributes ALTER COLUMN trial_user_attribute_id SET DEFAULT nextval('public.trial_user_attributes_trial_user_attribute_id_seq'::regclass);
ALTER TABLE ONLY public.trial_values ALTER COLUMN trial_value_id SET DEFAULT nextval('public.trial_values_trial_value_id_seq'::regclass);
ALTER TABLE ONLY public.trials ALTER COLUMN trial_id SET DEFAULT nextval('public.trials_trial_id_seq'::regclass);

INSERT INTO public.alembic_version (version_num) VALUES ('v3.2.0.a');
INSERT INTO public.studies (study_id, study_name) VALUES (1, 'parts');
SELECT pg_catalog.setval('public.studies_study_id_seq', 1, true);
INSERT INTO public.study_directions (study_direction_id, direction, study_id, objective) VALUES (1, 'MAXIMIZE', 1, 0);
SELECT pg_catalog.setval('public.study_directions_study_direction_id_seq', 1, true);
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (1, 1, 'study:metric_names', '["macro-F1"]');
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (2, 1, 'dashboard:note_ver', 1);
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (3, 1, 'dashboard:note_str:0', E'"### How to read this page\\n\\n- **Value**: validation macro-F1, the mean over all classes. Of a *complete* trial it is its best epoch''s; of a *pruned*\\n  one its last report''s (its best is the attribute `best_f1`).\\n- **Step**: epochs completed, from 1 to 3.\\n- **The leader** is the complete trial with the highest value. The best of many trials on one split is an optimist:\\n  `finalize` confirms the leaders over folds of people, and trains the one it chooses on all the data.\\n- **A trial''s page** has its confusion matrix and learning curve (artifacts) and a note.\\n- **Look, do not touch**: a study that is deleted or renamed here, and a trial that is told here, are taken from the\\n  workers that are at them. `search work` and the study file change a study.\\n\\n### Budget\\n\\n**2** finished trials (complete or pruned), all workers together; an end after 20 failed trials. It may have been raised since (`search status` tells).\\n\\n### Data\\n\\n48 images of 6 people or groups, 4 classes; 32 images to train on, 16 to validate; nobody is on both sides. A class is a combination of colour &#40;blue, red&#41;; place &#40;bottom, top&#41;.\\n\\n| class\\u2002 | images to train on\\u2002 | images to validate |\\n|---|---|---|\\n| blue/bottom\\u2002 | 8\\u2002 | 4 |\\n| blue/top\\u2002 | 8\\u2002 | 4 |\\n| red/bottom\\u2002 | 8\\u2002 | 4 |\\n| red/top\\u2002 | 8\\u2002 | 4 |\\n\\n### What all trials have in common\\n\\n| fixed\\u2002 | value |\\n|---|---|\\n| backbone\\u2002 | test&#95;efficientnet&#95;ln |\\n| weights\\u2002 | none |\\n| image&#95;size\\u2002 | 32 |\\n| batch&#95;size\\u2002 | 8 |\\n| epochs\\u2002 | 3 |\\n| precision\\u2002 | fp32 |\\n| heads\\u2002 | factors |\\n| factor&#95;weights\\u2002 | place&#58; 2 |\\n| optimizer\\u2002 | sgd |\\n| momentum\\u2002 | 0 |"');
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (4, 1, 'dashboard:1:note_ver', 1);
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (5, 1, 'dashboard:1:note_str:0', E'"**complete** after 3 epochs: best macro-F1 **0.2121** in epoch 1, accuracy 0.2500\\n\\nMacro-F1 of each factor: colour 0.2000, place 0.8730\\n\\n| parameter\\u2002 | value |\\n|---|---|\\n| lr\\u2002 | 0.00103138 |\\n\\n- workstation, cpu; attempt 1\\n- 156 images/s, 0.7 s in all\\n\\n![confusion](/artifacts/1/1/8168a813-9994-55aa-998f-de4df00de56c) ![learning-curve](/artifacts/1/1/fb6619fb-3f72-553f-89b9-f00dcab57bf2)\\n\\nClasses in epoch 1, the worst first:\\n\\n| class\\u2002 | F1\\u2002 | images\\u2002 | most often taken for |\\n|---|---|---|---|\\n| blue/bottom\\u2002 | 0.000\\u2002 | 4\\u2002 | red/bottom &#40;4&#41; |\\n| blue/top\\u2002 | 0.000\\u2002 | 4\\u2002 | red/bottom &#40;2&#41; |\\n| red/bottom\\u2002 | 0.182\\u2002 | 4\\u2002 | blue/bottom &#40;3&#41; |\\n| red/top\\u2002 | 0.667\\u2002 | 4\\u2002 | blue/top &#40;1&#41; |"');
SELECT pg_catalog.setval('public.study_system_attributes_study_system_attribute_id_seq', 5, true);
INSERT INTO public.study_user_attributes (study_user_attribute_id, study_id, key, value_json) VALUES (1, 1, 'data', '{"images": 48, "groups_count": 6, "classes": 4, "skipped": 0, "paths": "560a972e97d58be2", "labels": "d81402e763d2d8ae", "groups": "8d4c81ea6760982d", "train_count": 32, "validation_count": 16, "split": "70102683009aa985", "content": "e522ebfc75be05dc"}');
INSERT INTO public.study_user_attributes (study_user_attribute_id, study_id, key, value_json) VALUES (2, 1, 'packages', '{"studyhall": "0.1.0", "torch": "2.14.1", "timm": "1.0.31", "albumentations": "2.0.8", "opencv-python-headless": "5.0.0.93", "numpy": "2.4.6", "optuna": "5.0.0"}');
INSERT INTO public.study_user_attributes (study_user_attribute_id, study_id, key, value_json) VALUES (3, 1, 'classes', '["blue/bottom", "blue/top", "red/bottom", "red/top"]');
INSERT INTO public.study_user_attributes (study_user_attribute_id, study_id, key, value_json) VALUES (4, 1, 'bad_images', '[]');
INSERT INTO public.study_user_attributes (study_user_attribute_id, study_id, key, value_json) VALUES (5, 1, 'identity', E'{"study.name": "parts", "study.seed": 11, "study.debug": false, "space.lr.low": 0.0003, "space.lr.high": 0.003, "space.lr.log": true, "space.lr.step": null, "space.lr.when": {}, "fixed.backbone": "test_efficientnet_ln", "fixed.weights.test_efficientnet_ln": "none", "fixed.image_size": 32, "fixed.batch_size": 8, "fixed.epochs": 3, "fixed.precision": "fp32", "fixed.heads": "factors", "fixed.factor_weights.place": 2, "fixed.optimizer": "sgd", "fixed.momentum": 0.0, "sampler.kind": "tpe", "sampler.startup_trials": 2, "pruner.kind": "hyperband", "pruner.min_epochs": 1, "pruner.reduction_factor": 2, "pruner.startup_trials": 5, "start": [], "ablation": null, "data.layout": "folders", "data.table": null, "data.group_column": null, "data.group_regex": ".*/(p\\\\d+)_", "data.columns.path": null, "data.columns.label": "label", "data.columns.group": "group", "data.columns.split": null, "data.corrections": null, "data.boxes": null, "data.factors": ["colour", "place"], "data.label_separator": null, "data.factor": null, "data.validation": 0.25, "data.folds": null, "data.pixels": "exact"}');
INSERT INTO public.study_user_attributes (study_user_attribute_id, study_id, key, value_json) VALUES (6, 1, 'spec', E'{"study": {"name": "parts", "trials": 2, "timeout": null, "max_failures": 20, "seed": 11, "debug": false}, "data": {"layout": "folders", "root": "/home/somebody/museum/images/factors", "table": null, "group_column": null, "group_regex": ".*/(p\\\\d+)_", "columns": {"path": null, "label": "label", "group": "group", "split": null}, "corrections": null, "boxes": null, "factors": ["colour", "place"], "label_separator": null, "factor": null, "validation": 0.25, "folds": null, "on_bad_image": "stop", "pixels": "exact", "cache_limit": null, "extra": []}, "space": {"lr": {"low": 0.0003, "high": 0.003, "log": true, "step": null, "when": {}}}, "fixed": {"backbone": "test_efficientnet_ln", "weights": "none", "image_size": 32, "batch_size": 8, "epochs": 3, "precision": "fp32", "heads": "factors", "factor_weights": {"place": 2}, "optimizer": "sgd", "momentum": 0.0}, "sampler": {"kind": "tpe", "startup_trials": 2}, "pruner": {"kind": "hyperband", "min_epochs": 1, "reduction_factor": 2, "startup_trials": 5}, "start": [], "finalize": {"leaders": 5, "folds": 5, "licence": ""}, "ablation": null, "retraining": null}');
SELECT pg_catalog.setval('public.study_user_attributes_study_user_attribute_id_seq', 6, true);
INSERT INTO public.studyhall_budget (study_id, key, trials, timeout, max_failures, workers, created_at) VALUES (1, 'ffe699d2dbc74d0cb32370efc20e2dec', 2, NULL, 20, 1, '2026-11-28 20:37:11.635109+00');
SELECT pg_catalog.setval('public.studyhall_budget_study_id_seq', 1, false);
INSERT INTO public.studyhall_lease (token, study_id, trial_id, attempt, deaths, reported, handed_back, trouble, worker, device, packages, renewed_at, expires_at) VALUES ('d4df91bdd07647529c3294172310ea24', 1, 2, 1, 0, 1, 'true', '', 'workstation:489', 'cpu', '{"studyhall": "0.1.0", "torch": "2.14.1", "timm": "1.0.31", "albumentations": "2.0.8", "opencv-python-headless": "5.0.0.93", "numpy": "2.4.6", "optuna": "5.0.0"}', '2026-11-28 20:37:14.530522+00', '-infinity');
INSERT INTO public.studyhall_schema (version) VALUES (2);
SELECT pg_catalog.setval('public.trial_heartbeats_trial_heartbeat_id_seq', 1, false);
INSERT INTO public.trial_intermediate_values (trial_intermediate_value_id, trial_id, step, intermediate_value, intermediate_value_type) VALUES (1, 1, 1, '0.2121212121212121', 'FINITE');
INSERT INTO public.trial_intermediate_values (trial_intermediate_value_id, trial_id, step, intermediate_value, intermediate_value_type) VALUES (2, 1, 2, '0.2121212121212121', 'FINITE');
INSERT INTO public.trial_intermediate_values (trial_intermediate_value_id, trial_id, step, intermediate_value, intermediate_value_type) VALUES (3, 1, 3, '0.16666666666666666', 'FINITE');
INSERT INTO public.trial_intermediate_values (trial_intermediate_value_id, trial_id, step, intermediate_value, intermediate_value_type) VALUES (4, 2, 1, '0.20192307692307693', 'FINITE');
INSERT INTO public.trial_intermediate_values (trial_intermediate_value_id, trial_id, step, intermediate_value, intermediate_value_type) VALUES (5, 2, 2, '0.25', 'FINITE');
SELECT pg_catalog.setval('public.trial_intermediate_values_trial_intermediate_value_id_seq', 5, true);
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (1, 1, 'lr', '0.0010313797728198552', '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0003, "high": 0.003, "log": true}}');
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (2, 2, 'lr', '0.00036368946584178956', '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0003, "high": 0.003, "log": true}}');
SELECT pg_catalog.setval('public.trial_params_param_id_seq', 2, true);
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (1, 1, 'completed_rung_0', '0.2121212121212121');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (2, 1, 'completed_rung_1', '0.2121212121212121');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (3, 1, 'studyhall:confusion', '[[0, 2, 4], [1, 2, 2], [1, 3, 2], [2, 0, 3], [2, 2, 1], [3, 1, 1], [3, 3, 3]]');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (4, 1, 'artifacts:8168a813-9994-55aa-998f-de4df00de56c', E'"{\\"artifact_id\\": \\"8168a813-9994-55aa-998f-de4df00de56c\\", \\"filename\\": \\"trial-00000-confusion.png\\", \\"mimetype\\": \\"image/png\\", \\"encoding\\": null}"');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (5, 1, 'artifacts:fb6619fb-3f72-553f-89b9-f00dcab57bf2', E'"{\\"artifact_id\\": \\"fb6619fb-3f72-553f-89b9-f00dcab57bf2\\", \\"filename\\": \\"trial-00000-learning-curve.png\\", \\"mimetype\\": \\"image/png\\", \\"encoding\\": null}"');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (6, 2, 'completed_rung_0', '0.25');
SELECT pg_catalog.setval('public.trial_system_attributes_trial_system_attribute_id_seq', 6, true);
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (1, 1, 'seconds', '0.727');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (2, 1, 'best_epoch', 1);
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (3, 1, 'best_f1', '0.2121212121212121');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (4, 1, 'accuracy', '0.25');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (5, 1, 'per_class_f1', '{"blue/bottom": 0.0, "blue/top": 0.0, "red/bottom": 0.18181818181818182, "red/top": 0.6666666666666666}');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (6, 1, 'factor_f1', '{"colour": 0.2, "place": 0.873015873015873}');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (7, 1, 'images_per_second', '156.4');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (8, 1, 'host', '"workstation"');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (9, 1, 'device', '"cpu"');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (10, 1, 'attempt', 1);
SELECT pg_catalog.setval('public.trial_user_attributes_trial_user_attribute_id_seq', 10, true);
INSERT INTO public.trial_values (trial_value_id, trial_id, objective, value, value_type) VALUES (1, 1, 0, '0.2121212121212121', 'FINITE');
SELECT pg_catalog.setval('public.trial_values_trial_value_id_seq', 1, true);
INSERT INTO public.trials (trial_id, number, study_id, state, datetime_start, datetime_complete) VALUES (1, 0, 1, 'COMPLETE', '2026-11-28 20:37:12.631213', '2026-11-28 20:37:14.020384');
INSERT INTO public.trials (trial_id, number, study_id, state, datetime_start, datetime_complete) VALUES (2, 1, 1, 'RUNNING', '2026-11-28 20:37:14.058306', NULL);
SELECT pg_catalog.setval('public.trials_trial_id_seq', 2, true);
INSERT INTO public.version_info (version_info_id, schema_version, library_version) VALUES (1, 12, '5.0.0');

ALTER TABLE ONLY public.alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);
ALTER TABLE ONLY public.studies
    ADD CONSTRAINT studies_pkey PRIMARY KEY (study_id);
ALTER TABLE ONLY public.study_directions
    ADD CONSTRAINT study_directions_pkey PRIMARY KEY (study_direction_id);
ALTER TABLE ONLY public.study_directions
    ADD CONSTRAINT study_directions_study_id_objective_key UNIQUE (study_id, objective);
ALTER TABLE ONLY public.study_system_attributes
    ADD CONSTRAINT study_system_attributes_pkey PRIMARY KEY (study_system_attribute_id);
ALTER TABLE ONLY public.study_system_attributes
    ADD CONSTRAINT study_system_attributes_study_id_key_key UNIQUE (study_id, key);
ALTER TABLE ONLY public.study_user_attributes
    ADD CONSTRAINT study_user_attributes_pkey PRIMARY KEY (study_user_attribute_id);
ALTER TABLE ONLY public.study_user_attributes
    ADD CONSTRAINT study_user_attributes_study_id_key_key UNIQUE (study_id, key);
ALTER TABLE ONLY public.studyhall_budget
    ADD CONSTRAINT studyhall_budget_pkey PRIMARY KEY (study_id);
ALTER TABLE ONLY public.studyhall_lease
    ADD CONSTRAINT studyhall_lease_pkey PRIMARY KEY (token);
ALTER TABLE ONLY public.studyhall_lease
    ADD CONSTRAINT studyhall_lease_trial_id_key UNIQUE (trial_id);
ALTER TABLE ONLY public.trial_heartbeats
    ADD CONSTRAINT trial_heartbeats_pkey PRIMARY KEY (trial_heartbeat_id);
ALTER TABLE ONLY public.trial_heartbeats
    ADD CONSTRAINT trial_heartbeats_trial_id_key UNIQUE (trial_id);
ALTER TABLE ONLY public.trial_intermediate_values
    ADD CONSTRAINT trial_intermediate_values_pkey PRIMARY KEY (trial_intermediate_value_id);
ALTER TABLE ONLY public.trial_intermediate_values
    ADD CONSTRAINT trial_intermediate_values_trial_id_step_key UNIQUE (trial_id, step);
ALTER TABLE ONLY public.trial_params
    ADD CONSTRAINT trial_params_pkey PRIMARY KEY (param_id);
ALTER TABLE ONLY public.trial_params
    ADD CONSTRAINT trial_params_trial_id_param_name_key UNIQUE (trial_id, param_name);
ALTER TABLE ONLY public.trial_system_attributes
    ADD CONSTRAINT trial_system_attributes_pkey PRIMARY KEY (trial_system_attribute_id);
ALTER TABLE ONLY public.trial_system_attributes
    ADD CONSTRAINT trial_system_attributes_trial_id_key_key UNIQUE (trial_id, key);
ALTER TABLE ONLY public.trial_user_attributes
    ADD CONSTRAINT trial_user_attributes_pkey PRIMARY KEY (trial_user_attribute_id);
ALTER TABLE ONLY public.trial_user_attributes
    ADD CONSTRAINT trial_user_attributes_trial_id_key_key UNIQUE (trial_id, key);
ALTER TABLE ONLY public.trial_values
    ADD CONSTRAINT trial_values_pkey PRIMARY KEY (trial_value_id);
ALTER TABLE ONLY public.trial_values
    ADD CONSTRAINT trial_values_trial_id_objective_key UNIQUE (trial_id, objective);
ALTER TABLE ONLY public.trials
    ADD CONSTRAINT trials_pkey PRIMARY KEY (trial_id);
ALTER TABLE ONLY public.version_info
    ADD CONSTRAINT version_info_pkey PRIMARY KEY (version_info_id);
CREATE UNIQUE INDEX ix_studies_study_name ON public.studies USING btree (study_name);
CREATE INDEX ix_studyhall_lease_study_id ON public.studyhall_lease USING btree (study_id);
CREATE INDEX ix_trials_study_id ON public.trials USING btree (study_id);
ALTER TABLE ONLY public.study_directions
    ADD CONSTRAINT study_directions_study_id_fkey FOREIGN KEY (study_id) REFERENCES public.studies(study_id);
ALTER TABLE ONLY public.study_system_attributes
    ADD CONSTRAINT study_system_attributes_study_id_fkey FOREIGN KEY (study_id) REFERENCES public.studies(study_id);
ALTER TABLE ONLY public.study_user_attributes
    ADD CONSTRAINT study_user_attributes_study_id_fkey FOREIGN KEY (study_id) REFERENCES public.studies(study_id);
ALTER TABLE ONLY public.trial_heartbeats
    ADD CONSTRAINT trial_heartbeats_trial_id_fkey FOREIGN KEY (trial_id) REFERENCES public.trials(trial_id);
ALTER TABLE ONLY public.trial_intermediate_values
    ADD CONSTRAINT trial_intermediate_values_trial_id_fkey FOREIGN KEY (trial_id) REFERENCES public.trials(trial_id);
ALTER TABLE ONLY public.trial_params
    ADD CONSTRAINT trial_params_trial_id_fkey FOREIGN KEY (trial_id) REFERENCES public.trials(trial_id);
ALTER TABLE ONLY public.trial_system_attributes
    ADD CONSTRAINT trial_system_attributes_trial_id_fkey FOREIGN KEY (trial_id) REFERENCES public.trials(trial_id);
ALTER TABLE ONLY public.trial_user_attributes
    ADD CONSTRAINT trial_user_attributes_trial_id_fkey FOREIGN KEY (trial_id) REFERENCES public.trials(trial_id);
ALTER TABLE ONLY public.trial_values
    ADD CONSTRAINT trial_values_trial_id_fkey FOREIGN KEY (trial_id) REFERENCES public.trials(trial_id);
ALTER TABLE ONLY public.trials
    ADD CONSTRAINT trials_study_id_fkey FOREIGN KEY (study_id) REFERENCES public.studies(study_id);
