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
INSERT INTO public.studies (study_id, study_name) VALUES (1, 'tiny-ablate');
SELECT pg_catalog.setval('public.studies_study_id_seq', 1, true);
INSERT INTO public.study_directions (study_direction_id, direction, study_id, objective) VALUES (1, 'MAXIMIZE', 1, 0);
SELECT pg_catalog.setval('public.study_directions_study_direction_id_seq', 1, true);
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (1, 1, 'study:metric_names', '["macro-F1"]');
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (2, 1, 'dashboard:note_ver', 1);
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (3, 1, 'dashboard:note_str:0', E'"### How to read this page\\n\\n- **One change at a time**: every trial is the base or one change to it. Trials of one seed have the same split and the\\n  same training seed, so they differ in the change alone; between seeds values say little. `search ablate` shows the\\n  differences with their spread.\\n- **Value**: validation macro-F1 of a trial''s best epoch. The highest value is the luckiest trial''s.\\n- **Step**: epochs completed; the base has 3.\\n- **A trial''s page** has its confusion matrix and learning curve (artifacts) and a note; its attributes `change` and\\n  `seed` say what it is.\\n- **Look, do not touch**: a study that is deleted or renamed here, and a trial that is told here, are taken from the\\n  workers that are at them.\\n\\n### What is compared\\n\\nThe base is the file of study tiny. These changes were named first; more may have been added:\\n\\n| knob\\u2002 | values |\\n|---|---|\\n| label&#95;smoothing\\u2002 | 0.1 |\\n| schedule\\u2002 | constant |\\n\\n### Budget\\n\\n**6** finished trials (complete or pruned), all workers together; an end after 20 failed trials. It may have been raised since (`search status` tells).\\n\\n### Data\\n\\n48 images of 8 people or groups, 3 classes; 36 images to train on, 12 to validate; nobody is on both sides.\\n\\n| class\\u2002 | images to train on\\u2002 | images to validate |\\n|---|---|---|\\n| a\\u2002 | 12\\u2002 | 4 |\\n| b\\u2002 | 12\\u2002 | 4 |\\n| c\\u2002 | 12\\u2002 | 4 |\\n\\n### What all trials have in common\\n\\n| fixed\\u2002 | value |\\n|---|---|\\n| backbone\\u2002 | test&#95;efficientnet&#95;ln |\\n| weights\\u2002 | none |\\n| image&#95;size\\u2002 | 32 |\\n| batch&#95;size\\u2002 | 8 |\\n| epochs\\u2002 | 3 |\\n| precision\\u2002 | fp32 |\\n| momentum\\u2002 | 0 |\\n| optimizer\\u2002 | sgd |\\n| lr\\u2002 | 0.003 |\\n| cutmix&#95;prob\\u2002 | 0 |"');
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (4, 1, 'dashboard:1:note_ver', 1);
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (5, 1, 'dashboard:1:note_str:0', E'"**complete** after 3 epochs: best macro-F1 **0.8222** in epoch 2, accuracy 0.8333\\n\\n| parameter\\u2002 | value |\\n|---|---|\\n| label&#95;smoothing\\u2002 | 0 |\\n| schedule\\u2002 | cosine |\\n\\n- workstation, cpu; attempt 1\\n- 115 images/s, 1.2 s in all\\n\\n![confusion](/artifacts/1/1/427e9e79-88a0-56c5-8bd1-c92871c0a3d7) ![learning-curve](/artifacts/1/1/858f8dc8-a12d-58bd-b328-44e8bf18e073)\\n\\nClasses in epoch 2, the worst first:\\n\\n| class\\u2002 | F1\\u2002 | images\\u2002 | most often taken for |\\n|---|---|---|---|\\n| c\\u2002 | 0.667\\u2002 | 4\\u2002 | b &#40;2&#41; |\\n| b\\u2002 | 0.800\\u2002 | 4\\u2002 |  |\\n| a\\u2002 | 1.000\\u2002 | 4\\u2002 |  |"');
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (6, 1, 'dashboard:2:note_ver', 1);
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (7, 1, 'dashboard:2:note_str:0', E'"**complete** after 3 epochs: best macro-F1 **0.6534** in epoch 3, accuracy 0.6667\\n\\n| parameter\\u2002 | value |\\n|---|---|\\n| label&#95;smoothing\\u2002 | 0.1 |\\n| schedule\\u2002 | cosine |\\n\\n- workstation, cpu; attempt 1\\n- 121 images/s, 1.0 s in all\\n\\n![confusion](/artifacts/1/2/3d5e3495-f6b2-511b-a838-619ee1ba4e01) ![learning-curve](/artifacts/1/2/5e254831-0119-5eb8-bce4-7ef605650b6b)\\n\\nClasses in epoch 3, the worst first:\\n\\n| class\\u2002 | F1\\u2002 | images\\u2002 | most often taken for |\\n|---|---|---|---|\\n| c\\u2002 | 0.500\\u2002 | 4\\u2002 | a &#40;1&#41; |\\n| b\\u2002 | 0.571\\u2002 | 4\\u2002 | c &#40;2&#41; |\\n| a\\u2002 | 0.889\\u2002 | 4\\u2002 |  |"');
SELECT pg_catalog.setval('public.study_system_attributes_study_system_attribute_id_seq', 7, true);
INSERT INTO public.study_user_attributes (study_user_attribute_id, study_id, key, value_json) VALUES (1, 1, 'data', '{"images": 48, "groups_count": 8, "classes": 3, "skipped": 0, "paths": "99c92d7119c908f7", "labels": "346fd4578eebf76c", "groups": "a137702ec851917b", "train_count": 36, "validation_count": 12, "split": "90bc4f0825f0803c", "content": "9c3f5257129b1669"}');
INSERT INTO public.study_user_attributes (study_user_attribute_id, study_id, key, value_json) VALUES (2, 1, 'packages', '{"studyhall": "0.1.0", "torch": "2.14.1", "timm": "1.0.31", "albumentations": "2.0.8", "opencv-python-headless": "5.0.0.93", "numpy": "2.4.6", "optuna": "5.0.0"}');
INSERT INTO public.study_user_attributes (study_user_attribute_id, study_id, key, value_json) VALUES (3, 1, 'classes', '["a", "b", "c"]');
INSERT INTO public.study_user_attributes (study_user_attribute_id, study_id, key, value_json) VALUES (4, 1, 'bad_images', '[]');
INSERT INTO public.study_user_attributes (study_user_attribute_id, study_id, key, value_json) VALUES (5, 1, 'identity', E'{"study.name": "tiny-ablate", "study.seed": 11, "study.debug": false, "space": {}, "fixed.backbone": "test_efficientnet_ln", "fixed.weights.test_efficientnet_ln": "none", "fixed.image_size": 32, "fixed.batch_size": 8, "fixed.epochs": 3, "fixed.precision": "fp32", "fixed.momentum": 0.0, "fixed.optimizer": "sgd", "fixed.lr": 0.003, "fixed.cutmix_prob": 0.0, "sampler.kind": "random", "sampler.startup_trials": 10, "pruner.kind": "none", "pruner.min_epochs": 1, "pruner.reduction_factor": 3, "pruner.startup_trials": 5, "start": [], "ablation.study": "tiny", "ablation.trial": null, "data.layout": "folders", "data.table": null, "data.group_column": null, "data.group_regex": ".*/(p\\\\d+)_", "data.columns.path": null, "data.columns.label": "label", "data.columns.group": "group", "data.columns.split": null, "data.corrections": null, "data.boxes": null, "data.factors": null, "data.label_separator": null, "data.factor": null, "data.validation": 0.25, "data.folds": null, "data.pixels": "exact"}');
INSERT INTO public.study_user_attributes (study_user_attribute_id, study_id, key, value_json) VALUES (6, 1, 'spec', E'{"study": {"name": "tiny-ablate", "trials": 6, "timeout": null, "max_failures": 20, "seed": 11, "debug": false}, "data": {"layout": "folders", "root": "/home/somebody/museum/images/colours", "table": null, "group_column": null, "group_regex": ".*/(p\\\\d+)_", "columns": {"path": null, "label": "label", "group": "group", "split": null}, "corrections": null, "boxes": null, "factors": null, "label_separator": null, "factor": null, "validation": 0.25, "folds": null, "on_bad_image": "stop", "pixels": "exact", "cache_limit": null, "extra": []}, "space": {}, "fixed": {"backbone": "test_efficientnet_ln", "weights": "none", "image_size": 32, "batch_size": 8, "epochs": 3, "precision": "fp32", "momentum": 0.0, "optimizer": "sgd", "lr": 0.003, "cutmix_prob": 0.0}, "sampler": {"kind": "random", "startup_trials": 10}, "pruner": {"kind": "none", "min_epochs": 1, "reduction_factor": 3, "startup_trials": 5}, "start": [], "finalize": {"leaders": 5, "folds": 5, "licence": ""}, "ablation": {"study": "tiny", "trial": null, "changes": {"label_smoothing": [0.1], "schedule": ["constant"]}, "seeds": 2}, "retraining": null}');
SELECT pg_catalog.setval('public.study_user_attributes_study_user_attribute_id_seq', 6, true);
INSERT INTO public.studyhall_budget (study_id, key, trials, timeout, max_failures, workers, created_at) VALUES (1, 'ac126afea6a441319c053f74668bcda6', 6, NULL, 20, 1, '2026-11-28 20:35:33.241999+00');
SELECT pg_catalog.setval('public.studyhall_budget_study_id_seq', 1, false);
INSERT INTO public.studyhall_lease (token, study_id, trial_id, attempt, deaths, reported, handed_back, trouble, worker, device, packages, renewed_at, expires_at) VALUES ('4977b63207d34e39ab1a1b7c2b189dd8', 1, 3, 1, 0, 1, 'true', '', 'workstation:31554', 'cpu', '{"studyhall": "0.1.0", "torch": "2.14.1", "timm": "1.0.31", "albumentations": "2.0.8", "opencv-python-headless": "5.0.0.93", "numpy": "2.4.6", "optuna": "5.0.0"}', '2026-11-28 20:35:40.739761+00', '-infinity');
INSERT INTO public.studyhall_schema (version) VALUES (2);
SELECT pg_catalog.setval('public.trial_heartbeats_trial_heartbeat_id_seq', 1, false);
INSERT INTO public.trial_intermediate_values (trial_intermediate_value_id, trial_id, step, intermediate_value, intermediate_value_type) VALUES (1, 1, 1, '0.5333333333333333', 'FINITE');
INSERT INTO public.trial_intermediate_values (trial_intermediate_value_id, trial_id, step, intermediate_value, intermediate_value_type) VALUES (2, 1, 2, '0.8222222222222223', 'FINITE');
INSERT INTO public.trial_intermediate_values (trial_intermediate_value_id, trial_id, step, intermediate_value, intermediate_value_type) VALUES (3, 1, 3, '0.746031746031746', 'FINITE');
INSERT INTO public.trial_intermediate_values (trial_intermediate_value_id, trial_id, step, intermediate_value, intermediate_value_type) VALUES (4, 2, 1, '0.544011544011544', 'FINITE');
INSERT INTO public.trial_intermediate_values (trial_intermediate_value_id, trial_id, step, intermediate_value, intermediate_value_type) VALUES (5, 2, 2, '0.6296296296296295', 'FINITE');
INSERT INTO public.trial_intermediate_values (trial_intermediate_value_id, trial_id, step, intermediate_value, intermediate_value_type) VALUES (6, 2, 3, '0.6534391534391534', 'FINITE');
INSERT INTO public.trial_intermediate_values (trial_intermediate_value_id, trial_id, step, intermediate_value, intermediate_value_type) VALUES (7, 3, 1, '0.4090909090909091', 'FINITE');
INSERT INTO public.trial_intermediate_values (trial_intermediate_value_id, trial_id, step, intermediate_value, intermediate_value_type) VALUES (8, 3, 2, '0.9153439153439153', 'FINITE');
SELECT pg_catalog.setval('public.trial_intermediate_values_trial_intermediate_value_id_seq', 8, true);
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (1, 1, 'label_smoothing', 0, '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 0.1, "log": false}}');
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (2, 1, 'schedule', 0, '{"name": "CategoricalDistribution", "attributes": {"choices": ["cosine", "step", "triangular2", "one_cycle", "plateau", "constant"]}}');
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (3, 2, 'label_smoothing', '0.1', '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 0.1, "log": false}}');
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (4, 2, 'schedule', 0, '{"name": "CategoricalDistribution", "attributes": {"choices": ["cosine", "step", "triangular2", "one_cycle", "plateau", "constant"]}}');
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (5, 3, 'label_smoothing', 0, '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 0.1, "log": false}}');
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (6, 3, 'schedule', 5, '{"name": "CategoricalDistribution", "attributes": {"choices": ["cosine", "step", "triangular2", "one_cycle", "plateau", "constant"]}}');
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (7, 4, 'label_smoothing', 0, '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 0.1, "log": false}}');
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (8, 4, 'schedule', 0, '{"name": "CategoricalDistribution", "attributes": {"choices": ["cosine", "step", "triangular2", "one_cycle", "plateau", "constant"]}}');
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (9, 5, 'label_smoothing', '0.1', '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 0.1, "log": false}}');
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (10, 5, 'schedule', 0, '{"name": "CategoricalDistribution", "attributes": {"choices": ["cosine", "step", "triangular2", "one_cycle", "plateau", "constant"]}}');
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (11, 6, 'label_smoothing', 0, '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 0.1, "log": false}}');
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (12, 6, 'schedule', 5, '{"name": "CategoricalDistribution", "attributes": {"choices": ["cosine", "step", "triangular2", "one_cycle", "plateau", "constant"]}}');
SELECT pg_catalog.setval('public.trial_params_param_id_seq', 12, true);
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (1, 1, 'studyhall:run', '{"knob": null, "value": null, "seed": 12, "split": "6e0cbedbb2cabe6a"}');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (2, 2, 'studyhall:run', '{"knob": "label_smoothing", "value": 0.1, "seed": 12, "split": "6e0cbedbb2cabe6a"}');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (3, 3, 'studyhall:run', '{"knob": "schedule", "value": "constant", "seed": 12, "split": "6e0cbedbb2cabe6a"}');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (4, 4, 'studyhall:run', '{"knob": null, "value": null, "seed": 13, "split": "df2df8be0fb96763"}');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (5, 5, 'studyhall:run', '{"knob": "label_smoothing", "value": 0.1, "seed": 13, "split": "df2df8be0fb96763"}');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (6, 6, 'studyhall:run', '{"knob": "schedule", "value": "constant", "seed": 13, "split": "df2df8be0fb96763"}');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (7, 1, 'studyhall:confusion', '[[0, 0, 4], [1, 1, 4], [2, 1, 2], [2, 2, 2]]');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (8, 1, 'artifacts:427e9e79-88a0-56c5-8bd1-c92871c0a3d7', E'"{\\"artifact_id\\": \\"427e9e79-88a0-56c5-8bd1-c92871c0a3d7\\", \\"filename\\": \\"trial-00000-confusion.png\\", \\"mimetype\\": \\"image/png\\", \\"encoding\\": null}"');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (9, 1, 'artifacts:858f8dc8-a12d-58bd-b328-44e8bf18e073', E'"{\\"artifact_id\\": \\"858f8dc8-a12d-58bd-b328-44e8bf18e073\\", \\"filename\\": \\"trial-00000-learning-curve.png\\", \\"mimetype\\": \\"image/png\\", \\"encoding\\": null}"');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (10, 2, 'studyhall:confusion', '[[0, 0, 4], [1, 1, 2], [1, 2, 2], [2, 0, 1], [2, 1, 1], [2, 2, 2]]');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (11, 2, 'artifacts:3d5e3495-f6b2-511b-a838-619ee1ba4e01', E'"{\\"artifact_id\\": \\"3d5e3495-f6b2-511b-a838-619ee1ba4e01\\", \\"filename\\": \\"trial-00001-confusion.png\\", \\"mimetype\\": \\"image/png\\", \\"encoding\\": null}"');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (12, 2, 'artifacts:5e254831-0119-5eb8-bce4-7ef605650b6b', E'"{\\"artifact_id\\": \\"5e254831-0119-5eb8-bce4-7ef605650b6b\\", \\"filename\\": \\"trial-00001-learning-curve.png\\", \\"mimetype\\": \\"image/png\\", \\"encoding\\": null}"');
SELECT pg_catalog.setval('public.trial_system_attributes_trial_system_attribute_id_seq', 12, true);
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (1, 1, 'change', '"base"');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (2, 1, 'seed', 12);
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (3, 2, 'change', '"label_smoothing = 0.1"');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (4, 2, 'seed', 12);
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (5, 3, 'change', '"schedule = constant"');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (6, 3, 'seed', 12);
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (7, 4, 'change', '"base"');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (8, 4, 'seed', 13);
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (9, 5, 'change', '"label_smoothing = 0.1"');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (10, 5, 'seed', 13);
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (11, 6, 'change', '"schedule = constant"');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (12, 6, 'seed', 13);
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (13, 1, 'seconds', '1.18');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (14, 1, 'best_epoch', 2);
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (15, 1, 'best_f1', '0.8222222222222223');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (16, 1, 'accuracy', '0.8333333333333334');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (17, 1, 'per_class_f1', '{"a": 1.0, "b": 0.8, "c": 0.6666666666666666}');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (18, 1, 'images_per_second', '114.8');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (19, 1, 'host', '"workstation"');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (20, 1, 'device', '"cpu"');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (21, 1, 'attempt', 1);
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (22, 2, 'seconds', '1.0');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (23, 2, 'best_epoch', 3);
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (24, 2, 'best_f1', '0.6534391534391534');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (25, 2, 'accuracy', '0.6666666666666666');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (26, 2, 'per_class_f1', '{"a": 0.8888888888888888, "b": 0.5714285714285714, "c": 0.5}');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (27, 2, 'images_per_second', '121.0');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (28, 2, 'host', '"workstation"');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (29, 2, 'device', '"cpu"');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (30, 2, 'attempt', 1);
SELECT pg_catalog.setval('public.trial_user_attributes_trial_user_attribute_id_seq', 30, true);
INSERT INTO public.trial_values (trial_value_id, trial_id, objective, value, value_type) VALUES (1, 1, 0, '0.8222222222222223', 'FINITE');
INSERT INTO public.trial_values (trial_value_id, trial_id, objective, value, value_type) VALUES (2, 2, 0, '0.6534391534391534', 'FINITE');
SELECT pg_catalog.setval('public.trial_values_trial_value_id_seq', 2, true);
INSERT INTO public.trials (trial_id, number, study_id, state, datetime_start, datetime_complete) VALUES (1, 0, 1, 'COMPLETE', '2026-11-28 20:35:35.391889', '2026-11-28 20:35:37.679494');
INSERT INTO public.trials (trial_id, number, study_id, state, datetime_start, datetime_complete) VALUES (2, 1, 1, 'COMPLETE', '2026-11-28 20:35:37.837844', '2026-11-28 20:35:39.753637');
INSERT INTO public.trials (trial_id, number, study_id, state, datetime_start, datetime_complete) VALUES (3, 2, 1, 'RUNNING', '2026-11-28 20:35:39.86655', NULL);
INSERT INTO public.trials (trial_id, number, study_id, state, datetime_start, datetime_complete) VALUES (4, 3, 1, 'WAITING', NULL, NULL);
INSERT INTO public.trials (trial_id, number, study_id, state, datetime_start, datetime_complete) VALUES (5, 4, 1, 'WAITING', NULL, NULL);
INSERT INTO public.trials (trial_id, number, study_id, state, datetime_start, datetime_complete) VALUES (6, 5, 1, 'WAITING', NULL, NULL);
SELECT pg_catalog.setval('public.trials_trial_id_seq', 6, true);
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
