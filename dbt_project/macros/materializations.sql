{#- Every build writes a fresh file: a table or view is made under its own name, in one statement where it has one part. The adapter makes it under another name first,
    looks for what might stand there, renames and drops, which takes longer than most queries here. What stands there by hand is dropped before.
    Contributions that are written in columns first are a table or view in columns, and a view in rows over it. A query in parts that stand on
    their own is made part by part (`added_later`). -#}
{% materialization table, adapter = "duckdb" %}
    {%- set rows = with_columns_beside(compiled_code, "table") -%}
    {%- set target = this.incorporate(type="view" if rows else "table") -%}
    {%- set parts = compiled_code.split(added_later()) -%}
    {{ drop_relation_if_exists(load_cached_relation(this)) }}
    {%- call statement("main") -%}
        {{ create_view_as(target, rows) if rows else create_table_as(false, target, parts[0]) }}
    {%- endcall -%}
    {%- for part in parts[1:] -%}
        {%- call statement("part") -%} insert into {{ target }} {{ part }}
        {%- endcall -%}
    {%- endfor -%}
    {{ adapter.commit() }}
    {{ return({"relations": [target]}) }}
{% endmaterialization %}


{% materialization view, adapter = "duckdb" %}
    {%- set target = this.incorporate(type="view") -%}
    {{ drop_relation_if_exists(load_cached_relation(this)) }}
    {%- call statement("main") -%}
        {{ create_view_as(target, with_columns_beside(compiled_code, "view") or compiled_code) }}
    {%- endcall -%}
    {{ adapter.commit() }}
    {{ return({"relations": [target]}) }}
{% endmaterialization %}


{#- Make what an indicator writes in columns, and give its rows as a select from there; nothing where it writes rows alone. -#}
{% macro with_columns_beside(sql, type) -%}
    {%- set columns, mark, rows = sql.partition(one_row_a_measure()) -%}
    {%- if not mark -%} {{ return("") }} {%- endif -%}
    {%- call statement("columns") -%}
        create or replace {{ type }} {{ beside(this) }} as {{ columns }} select * from in_columns
    {%- endcall -%}
    {{ return("with in_columns as (select * from " ~ beside(this) ~ ") " ~ rows) }}
{%- endmacro %}


{#- Between two parts of a query that share nothing but their columns: as one query their sum, in a build two statements, of which each has
    the memory for itself. The first part says what type each column has. -#}
{% macro added_later() -%} {{ return("union all /* added later */") }} {%- endmacro %}
